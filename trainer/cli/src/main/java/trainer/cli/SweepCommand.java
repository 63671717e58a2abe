package trainer.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import trainer.cli.console.Console;
import trainer.cli.console.ExitCode;
import trainer.cli.console.Interruption;
import trainer.cli.service.ServiceSweep;
import trainer.config.Configuration;
import trainer.config.ConfigurationException;
import trainer.file.ShellWord;
import trainer.run.RunException;
import trainer.search.Sweep;
import trainer.search.SweepFiles;
import trainer.search.Trial;
import trainer.search.TrialResult;
import trainer.search.TrialResult.State;
import trainer.training.StopSignal;
import trainer.training.TrainingException;
import trainer.trial.Variation;

/** {@code sweep CONFIG}. */
@Command(
    name = "sweep",
    description = {
      "Train one run per combination of values, and compare their validation losses.",
      "",
      "Leaves a run directory per trial below DIR, sweep.csv and sweep.svg. The same command resumes"
          + " a sweep that was stopped or killed; with more values, it trains what is missing.",
      "",
      "With --server, the trials are runs of a service, several at a time, and paths are resolved in"
          + " its dataset folders."
    },
    mixinStandardHelpOptions = true)
final class SweepCommand implements Callable<Integer> {
  private static final int MOST_TRIALS = 1000;

  @Mixin private ConfigurationArgument job;

  @Option(
      names = "--vary",
      paramLabel = "KEY=VALUES",
      required = true,
      description =
          "A key and its values, as training.optimizer.learning_rate=0.002,0.01, or with --trials a"
              + " range, as training.optimizer.learning_rate=0.0003..0.03: the logarithm is drawn from"
              + " a range that spans a factor of 10 or more.")
  private List<String> variations = new ArrayList<>();

  @Option(
      names = "--output",
      paramLabel = "DIR",
      description = "Default: models/<name>-sweep in the working directory.")
  private Path output;

  @Option(
      names = "--trials",
      paramLabel = "N",
      description = "Draw N random combinations. Default: every combination.")
  private Integer trials;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "Of the draws. Default: ${DEFAULT-VALUE}.")
  private long seed;

  @Option(
      names = "--halving",
      paramLabel = "N",
      description =
          "End poor trials early: one in N goes on, for N times as many iterations. N is 2 or more.")
  private Integer halving;

  @Option(
      names = "--server",
      paramLabel = "URL",
      description = "Train on this service. Default: here.")
  private String server;

  @Option(
      names = "--max-minutes",
      paramLabel = "MINUTES",
      description = "With --server: end after so many minutes of training, all trials together.")
  private Double minutes;

  @Option(
      names = "--register",
      paramLabel = "MODEL",
      description = "With --server: register the best trial as the next version of a model.")
  private String model;

  @Option(
      names = "--priority",
      paramLabel = "N",
      description = "With --server: from -100 to 100; higher runs first. Default: 0.")
  private Integer priority;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  @Spec private CommandSpec command;

  @Override
  public Integer call() {
    atLeast("--trials", trials, 1);
    atLeast("--halving", halving, 2);
    if (server != null) {
      return runOnService();
    }
    String onlyThere = "only a service has that: add --server URL";
    refuse("--max-minutes", minutes, onlyThere);
    refuse("--register", model, onlyThere);
    refuse("--priority", priority, onlyThere);
    Configuration base = job.load();
    Path directory = output == null ? Path.of("models").resolve(base.name() + "-sweep") : output;
    Sweep sweep = new Sweep(trials(directory)).halving(halving == null ? 1 : halving);
    return Interruption.during(
        "finishing the iteration and saving a checkpoint",
        base.checkpoints().graceSeconds(),
        stop -> run(sweep, directory, stop));
  }

  private void refuse(String option, Object value, String why) {
    if (value != null) {
      throw new ParameterException(
          command.commandLine(), "%s %s: %s".formatted(option, value, why));
    }
  }

  private int runOnService() {
    refuse("--output", output, "the trials are runs of the service: leave it out");
    Map<String, Object> keys = new HashMap<>();
    keys.put("vary", variations);
    keys.put("trials", trials);
    keys.put("seed", seed);
    keys.put("halving", halving);
    keys.put("max_minutes", minutes);
    keys.put("register", model);
    keys.put("priority", priority);
    JsonNode sweep = new ServiceSweep(server, command).run(job.file(), job.overrides(), keys);
    System.out.println(json ? sweep.toPrettyString() : SweepReport.text(sweep));
    if (sweep.path("version").isNumber()) {
      Console.line("registered " + model + "@" + sweep.path("version").asInt());
    }
    return sweep.path("state").asText().equals("succeeded") ? 0 : ExitCode.FAILED;
  }

  private void atLeast(String option, Integer value, int least) {
    if (value != null && value < least) {
      throw new ParameterException(
          command.commandLine(), "%s %d: must be at least %d".formatted(option, value, least));
    }
  }

  private List<Trial> trials(Path directory) {
    List<Variation> parsed = variations.stream().map(Variation::parse).toList();
    List<List<String>> settings = Variation.trials(parsed, trials, seed, MOST_TRIALS);
    List<Trial> found = new ArrayList<>();
    for (List<String> each : settings) {
      try {
        found.add(Trial.in(directory, each, job.load(each)));
      } catch (ConfigurationException e) {
        String message = e.getMessage();
        for (String setting : each) {
          message = message.replace("--set " + setting, "--vary " + setting);
        }
        throw new RunException(message, e);
      }
    }
    return found;
  }

  private void run(Sweep sweep, Path directory, StopSignal stop) {
    List<TrialResult> results = sweep.stop(stop).listener(new SweepProgress(sweep)).run();
    SweepFiles.write(results, directory);
    System.out.println(json ? SweepReport.json(results) : SweepReport.text(results));
    Console.line("results   " + ShellWord.shown(directory.resolve("sweep.csv")) + ", sweep.svg");
    if (results.get(0).state() != State.FINISHED) {
      throw new TrainingException(
          "no trial was trained to the end; the first failed: " + results.get(0).failure());
    }
  }
}
