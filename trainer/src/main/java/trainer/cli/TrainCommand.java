package trainer.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import trainer.config.Configuration;
import trainer.config.ConfigurationLoader;

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

  @Parameters(paramLabel = "CONFIG", description = "YAML file of the job.")
  private Path file;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Override a key, such as training.epochs=3.")
  private List<String> overrides = new ArrayList<>();

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
      description = "Begin with the weights of another run.")
  private Path initializer;

  @Override
  public Integer call() {
    Configuration configuration = ConfigurationLoader.load(file, overrides);
    overrides.forEach(override -> Console.line("override: " + override));
    Path directory = output == null ? Path.of("models").resolve(configuration.name()) : output;
    try (Interruption interruption = Interruption.install()) {
      new TrainingJob(configuration, directory, resume, initializer, interruption).run();
      return interruption.exitCode();
    }
  }
}
