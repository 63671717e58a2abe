package trainer.cli;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jline.utils.Signals;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import trainer.config.Configuration;
import trainer.run.RunDirectory;

/** {@code train CONFIG}. */
@Command(
    name = "train",
    description = "Train the network that CONFIG describes, or go on with it.",
    mixinStandardHelpOptions = true)
final class TrainCommand implements Callable<Integer> {
  /** What becomes of a run that is already in the output directory. */
  enum Resume {
    AUTO,
    NEVER,
    REQUIRED
  }

  @Mixin private ConfigurationArgument job;

  @Option(
      names = "--output",
      paramLabel = "DIR",
      description = "Run directory. Default: models/<name> in the working directory.")
  private Path output;

  @Option(
      names = "--resume",
      paramLabel = "MODE",
      defaultValue = "AUTO",
      description =
          "auto: go on with a run that is there, else begin; never: begin, moving a run that is there"
              + " aside; required: go on, or fail. Default: auto.")
  private Resume resume;

  @Option(
      names = "--init-from",
      paramLabel = "RUN",
      description =
          "Begin with the weights of another run, or of registry:NAME@VERSION of a service.")
  private String initializer;

  @Mixin private ServiceClient service;

  @Option(
      names = "--stop-at-end-of-input",
      description =
          "Stop with a checkpoint when standard input ends, as after SIGTERM: for a program that"
              + " starts this one and may die.")
  private boolean stopAtEndOfInput;

  @Override
  public Integer call() {
    Configuration configuration = job.load();
    Path directory = output == null ? Path.of("models").resolve(configuration.name()) : output;
    EndOfInput endOfInput = new EndOfInput();
    int code =
        Interruption.during(
            "finishing the iteration, then a checkpoint",
            configuration.checkpoints().graceSeconds(),
            stop -> {
              if (stopAtEndOfInput) {
                // A terminal sends Ctrl-C to the program that started this one, too: that decides.
                Signals.register("INT", () -> {});
                endOfInput.stops(stop);
              }
              new TrainingJob(configuration, new RunDirectory(directory), resume, other(), stop)
                  .run();
            });
    return code == 0 && endOfInput.noticed() ? Interruption.TERMINATED : code;
  }

  private OtherRun other() {
    return initializer == null
        ? null
        : new OtherRun(initializer, () -> RegisteredModel.open(initializer, service));
  }
}
