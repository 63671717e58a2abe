package trainer.cli;

import trainer.cli.service.RegisteredModel;
import trainer.cli.service.ServiceClient;
import trainer.job.TrainingJob;
import trainer.job.WeightSource;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import trainer.config.Configuration;
import trainer.run.RunDirectory;
import trainer.training.StopSignal;

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

  private static final String CONSEQUENCE = "finishing the iteration, then a checkpoint";

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
          "Stop with a checkpoint when standard input ends, and not for Ctrl-C or SIGTERM: for a"
              + " program that starts this one, stops it and may die.")
  private boolean stopAtEndOfInput;

  @Override
  public Integer call() {
    Configuration configuration = job.load();
    Path directory = output == null ? Path.of("models").resolve(configuration.name()) : output;
    Double graceSeconds = configuration.checkpoints().graceSeconds();
    Consumer<StopSignal> training =
        stop ->
            new TrainingJob(configuration, new RunDirectory(directory), resume, other(), stop)
                .run();
    return stopAtEndOfInput
        ? Interruption.untilEndOfInput(CONSEQUENCE, graceSeconds, training)
        : Interruption.during(CONSEQUENCE, graceSeconds, training);
  }

  private WeightSource other() {
    return initializer == null
        ? null
        : new WeightSource(initializer, () -> RegisteredModel.open(initializer, service));
  }
}
