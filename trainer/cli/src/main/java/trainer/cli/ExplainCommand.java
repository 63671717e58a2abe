package trainer.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.stream.Stream;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import trainer.checkpoint.CheckpointFolder;
import trainer.checkpoint.SavedNetwork;
import trainer.cli.console.Console;
import trainer.cli.console.Interruption;
import trainer.cli.service.RegisteredModel;
import trainer.cli.service.ServiceClient;
import trainer.config.Data.UnknownCharacters;
import trainer.file.ShellWord;
import trainer.insight.Explanation;
import trainer.insight.ExplanationJob;
import trainer.insight.ExplanationJob.Part;
import trainer.insight.ExplanationJson;
import trainer.insight.LagPicture;
import trainer.insight.Report;
import trainer.run.RunDirectory;
import trainer.text.Prompt;
import trainer.text.TextException;
import trainer.training.StopSignal;

/** {@code explain RUN}. */
@Command(
    name = "explain",
    description = {
      "Show on a text what a network has learned: what surprises it, what its units remember, how it"
          + " uses its gates, how far back it remembers, and what it copies.",
      "",
      "Prints a summary of all of it; --output writes a page to look at, --json the figures."
    },
    mixinStandardHelpOptions = true)
final class ExplainCommand implements Callable<Integer> {
  private static final String PICTURE = ".svg";

  @Parameters(
      paramLabel = "RUN",
      arity = "1..*",
      description =
          RegisteredModel.RUN
              + " Further runs are compared with the first; further checkpoints of the first run show"
              + " how it learned.")
  private List<String> runs;

  @Mixin private ServiceClient service;

  @ArgGroup private Text text = new Text();

  @Option(
      names = "--unknown",
      paramLabel = "error|replace",
      description =
          "Characters outside the vocabulary: refuse the text, or charge 13.92 nats for each."
              + " Default: data.unknown of the run.")
  private UnknownCharacters unknown;

  @Option(
      names = "--encoding",
      paramLabel = "NAME",
      description =
          "Encoding of the text that is read. Default: data.encoding of the run for --file, UTF-8 for"
              + " standard input.")
  private Charset encoding;

  @Option(
      names = "--output",
      paramLabel = "FILE",
      description =
          "Write a page (FILE.html) that needs no other file, or the picture of the memory over lag"
              + " alone (FILE.svg).")
  private Path output;

  @Option(names = "--over-time", description = "Also read every checkpoint that the run has kept.")
  private boolean overTime;

  @Option(names = "--json", description = "Print one JSON object for each RUN, one a line.")
  private boolean json;

  @Option(names = "--units", description = "With --json: the states of all units.")
  private boolean units;

  @Option(names = "--gates", description = "With --json: the gates of all units.")
  private boolean gates;

  @Option(
      names = "--lag",
      description =
          "With --json: the gradient of the loss by the states up to 250 characters back.")
  private boolean lag;

  @Option(
      names = "--copies",
      description = "With --json: the parts of the text that stand in the run's corpus.")
  private boolean copies;

  @Option(
      names = "--map",
      description = "With --json: the characters in two dimensions, by their input weights.")
  private boolean map;

  @Spec private CommandSpec command;

  static final class Text {
    @Option(
        names = "--text",
        paramLabel = "TEXT",
        description =
            "The text, as typed; -: read it from standard input. Default: the first 5,000 characters of"
                + " the run's validation text.")
    private String text;

    @Option(names = "--file", paramLabel = "FILE", description = "A file with the text.")
    private Path file;
  }

  @Override
  public Integer call() {
    check();
    List<SavedNetwork> networks =
        runs.stream().map(run -> RegisteredModel.open(run, service)).toList();
    return Interruption.during("stopping", stop -> explain(networks, stop));
  }

  private void check() {
    boolean named =
        output == null || Stream.of(".html", PICTURE).anyMatch(output.toString()::endsWith);
    if (!named) {
      throw new ParameterException(
          command.commandLine(),
          "--output %s: must end with .html, for the page, or .svg, for the picture of the memory over lag"
              .formatted(ShellWord.shown(output)));
    }
  }

  private void explain(List<SavedNetwork> networks, StopSignal stop) {
    SavedNetwork main = networks.get(0);
    Explanation found = run(job(main, parts()), stop);
    List<Explanation> others = new ArrayList<>();
    List<Explanation> checkpoints = new ArrayList<>();
    for (SavedNetwork other : networks.subList(1, networks.size())) {
      // A registered model has no directory.
      boolean same = Files.exists(main.file()) && other.directory().equals(main.directory());
      Set<Part> wanted = furtherParts(same ? Part.GENERATED : Part.LAG);
      (same ? checkpoints : others).add(again(other, wanted, found, stop));
    }
    if (overTime) {
      for (SavedNetwork checkpoint : kept(main.directory())) {
        checkpoints.add(again(checkpoint, furtherParts(Part.GENERATED), found, stop));
      }
    }
    List<Explanation> further = new ArrayList<>(others);
    further.addAll(checkpoints);
    if (!checkpoints.isEmpty()
        && checkpoints.stream().noneMatch(one -> one.iteration() == found.iteration())) {
      checkpoints.add(found);
    }
    checkpoints.sort(Comparator.comparingInt(Explanation::iteration));
    if (output != null) {
      write(found, others, checkpoints);
    }
    if (json) {
      printJson(found, further);
    } else {
      System.out.println(new ExplanationSummary(found, others, checkpoints).text());
    }
  }

  private List<SavedNetwork> kept(RunDirectory directory) {
    return new CheckpointFolder(directory)
        .iterations().stream()
            .map(iteration -> SavedNetwork.open(directory.checkpoint(iteration)))
            .toList();
  }

  private ExplanationJob job(SavedNetwork network, Set<Part> parts) {
    ExplanationJob job =
        new ExplanationJob(network).parts(parts).reporter(new ConsoleReporter()).encoding(encoding);
    if (text.text != null) {
      job.text("-".equals(text.text) ? standardInput(network) : text.text);
      if (Prompt.isAmbiguous(text.text, network.vocabulary())) {
        Console.line(
            "--text: has a backslash and an n, which are read as such; for a newline, write $'a\\nb' in the shell, or use --file or --text -");
      }
    }
    if (text.file != null) {
      job.file(text.file);
    }
    if (unknown != null) {
      job.unknown(unknown);
    }
    return job;
  }

  private String standardInput(SavedNetwork network) {
    try {
      return Prompt.of(
          System.in.readAllBytes(),
          encoding == null ? UTF_8 : encoding,
          network.configuration().data());
    } catch (TextException e) {
      throw new TextException("--text -: " + e.getMessage(), e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Explains another network on the same text. */
  private static Explanation again(
      SavedNetwork network, Set<Part> parts, Explanation found, StopSignal stop) {
    return run(
        new ExplanationJob(network)
            .text(new String(found.text(), 0, found.text().length))
            .unknown(UnknownCharacters.REPLACE)
            .parts(parts),
        stop);
  }

  private static Explanation run(ExplanationJob job, StopSignal stop) {
    Optional<Explanation> found = job.stop(stop).run();
    return found.orElseThrow(CancellationException::new);
  }

  private Set<Part> parts() {
    return json && output == null ? chosen() : EnumSet.allOf(Part.class);
  }

  /**
   * The parts of a further network or checkpoint.
   *
   * @param shown what summary and page show of it
   */
  private Set<Part> furtherParts(Part shown) {
    Set<Part> parts = json ? chosen() : EnumSet.noneOf(Part.class);
    add(parts, !json || output != null, shown);
    return parts;
  }

  private Set<Part> chosen() {
    Set<Part> parts = EnumSet.noneOf(Part.class);
    add(parts, units, Part.UNITS);
    add(parts, gates, Part.GATES);
    add(parts, lag, Part.LAG);
    add(parts, copies, Part.COPIES);
    add(parts, map, Part.MAP);
    return parts;
  }

  private static void add(Set<Part> parts, boolean wanted, Part part) {
    if (wanted) {
      parts.add(part);
    }
  }

  private void write(Explanation found, List<Explanation> others, List<Explanation> checkpoints) {
    if (output.toString().endsWith(PICTURE)) {
      List<Explanation> all = new ArrayList<>(List.of(found));
      all.addAll(others);
      LagPicture.write(all, output);
    } else {
      Report.write(found, others, checkpoints, output);
    }
    Console.line(ShellWord.shown(output));
  }

  private static void printJson(Explanation found, List<Explanation> further) {
    try {
      ExplanationJson.write(found, System.out);
      for (Explanation other : further) {
        ExplanationJson.write(other, System.out);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
