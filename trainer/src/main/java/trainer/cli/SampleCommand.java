package trainer.cli;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import trainer.network.CharacterNetwork;
import trainer.run.SavedNetwork;
import trainer.sampling.Sampling;
import trainer.sampling.TextGenerator;
import trainer.training.EngineSelection;

/** {@code sample RUN}. */
@Command(
    name = "sample",
    description = "Write new text with a trained network.",
    mixinStandardHelpOptions = true)
final class SampleCommand implements Callable<Integer> {
  @Parameters(paramLabel = "RUN", description = "Run directory or one of its checkpoints.")
  private Path run;

  @Option(
      names = "--length",
      defaultValue = "1000",
      description = "Characters to write. Default: ${DEFAULT-VALUE}.")
  private int length;

  @Option(
      names = "--temperature",
      defaultValue = "0.8",
      description = "Below 1: more probable text; above: more varied. Default: ${DEFAULT-VALUE}.")
  private double temperature;

  @Option(
      names = "--top-k",
      defaultValue = "0",
      description = "Draw from the K most probable characters; 0: all. Default: ${DEFAULT-VALUE}.")
  private int topK;

  @Option(
      names = "--top-p",
      defaultValue = "1",
      description =
          "Draw from the most probable characters that together have probability P. Default:"
              + " ${DEFAULT-VALUE}.")
  private double topP;

  @Option(names = "--prime", description = "Text to go on from. Default: a line break.")
  private String prime;

  @Option(names = "--seed", description = "The same seed writes the same text. Default: drawn.")
  private Long seed;

  @Spec private CommandSpec command;

  @Override
  public Integer call() {
    Sampling sampling = sampling();
    SavedNetwork saved = SavedNetwork.open(run);
    EngineSelection engine = EngineSelection.of(saved.configuration().compute());
    long chosen = seed == null ? ThreadLocalRandom.current().nextLong(1_000_000) : seed;
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    try (Interruption interruption = Interruption.install();
        CharacterNetwork network = saved.network(engine.type(), engine.engine())) {
      Console.line("%s, seed %d".formatted(saved.file(), chosen));
      if (prime != null) {
        saved.vocabulary().encode(prime); // refuses unknown characters before anything is printed
        out.print(prime);
      }
      new TextGenerator(network.engine(), saved.vocabulary())
          .generate(prime, length, sampling, chosen, interruption.stop(), out::print);
      out.println();
      return interruption.exitCode();
    }
  }

  private Sampling sampling() {
    if (length < 0) {
      throw new ParameterException(
          command.commandLine(), "--length %d: must be 0 or more".formatted(length));
    }
    try {
      return new Sampling(temperature, topK, topP);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(command.commandLine(), "--" + e.getMessage(), e);
    }
  }
}
