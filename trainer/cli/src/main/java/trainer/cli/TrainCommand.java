package trainer.cli;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import trainer.cli.console.Console;
import trainer.cli.console.Interruption;
import trainer.cli.service.RegisteredModel;
import trainer.cli.service.ServiceClient;
import trainer.config.Configuration;
import trainer.file.ShellWord;
import trainer.job.Resume;
import trainer.job.TrainingJob;
import trainer.job.TrainingResult;
import trainer.job.WeightSource;
import trainer.training.StopSignal;

/** {@code train CONFIG}. */
@Command(
    name = "train",
    description = "Train a network, or resume its run.",
    mixinStandardHelpOptions = true)
final class TrainCommand implements Callable<Integer> {
  private static final String CONSEQUENCE = "finishing the iteration and saving a checkpoint";

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
          "auto: resume the run in DIR, or start one; never: start a new run and rename an existing one;"
              + " required: resume, or fail. Default: auto.")
  private Resume resume;

  @ArgGroup private Origin origin; // null: neither is given

  /** What a new run starts from. */
  private static final class Origin {
    @Option(
        names = "--init-from",
        paramLabel = "RUN",
        description =
            "Start with the weights of another run, or of a service's registry:NAME[@VERSION].")
    private String initializer;

    @Option(
        names = "--fork",
        paramLabel = "RUN[@ITERATION]",
        description =
            "Start at a checkpoint of another run, with its curve up to there. The configuration may"
                + " change all but text, batches and layers. Default of ITERATION: its newest.")
    private String fork;
  }

  @Option(
      names = "--keep-optimizer",
      description =
          "With --init-from: also start with the optimizer's moments, as a resumed run does. The iterations"
              + " and the schedule start at 0.")
  private boolean keepOptimizer;

  @Option(
      names = "--extend-vocabulary",
      description =
          "With --init-from: keep the vocabulary of RUN, and add the characters of the corpus that it lacks."
              + " They start with a probability below 0.001 together.")
  private boolean extendVocabulary;

  @Option(
      names = "--recorded-corpus",
      description =
          "Resume with the text that the run began with, from corpus.bin in DIR, although the files of"
              + " data.corpus may have changed. No effect on a new run.")
  private boolean recordedCorpus;

  @Mixin private ServiceClient service;

  @Spec private CommandSpec command;

  @Option(
      names = "--stop-at-end-of-input",
      description =
          "Stop with a checkpoint at the end of standard input, and ignore Ctrl-C and SIGTERM. For a"
              + " parent process that may die.")
  private boolean stopAtEndOfInput;

  @Mixin private ConfinementOption confinement;

  @Override
  public Integer call() {
    Configuration configuration = job.load();
    Path directory = output == null ? Path.of("models").resolve(configuration.name()) : output;
    TrainingJob training =
        new TrainingJob(configuration, directory)
            .resume(resume)
            .confinement(confinement.folders())
            .weights(weights())
            .reporter(new ConsoleReporter())
            .command(CommandLineText.ofThisProcess());
    if (origin != null && origin.fork != null) {
      training.fork(origin.fork);
    }
    if (recordedCorpus) {
      training.recordedCorpus();
    }
    Double graceSeconds = configuration.checkpoints().graceSeconds();
    Consumer<StopSignal> run = stop -> report(training.stop(stop).run());
    return stopAtEndOfInput
        ? Interruption.untilEndOfInput(CONSEQUENCE, graceSeconds, run)
        : Interruption.during(CONSEQUENCE, graceSeconds, run);
  }

  private static void report(TrainingResult result) {
    switch (result.outcome()) {
      case FINISHED, COMPLETE_BEFORE -> Summary.finished(result).forEach(Console::line);
      case STOPPED -> {} // reported by the job
      case NOT_STARTED ->
          Console.line("stopped while reading the corpus; the same command starts again");
    }
  }

  private WeightSource weights() {
    String initializer = origin == null ? null : origin.initializer;
    if (initializer == null) {
      if (keepOptimizer || extendVocabulary) {
        throw new ParameterException(
            command.commandLine(),
            "%s: needs --init-from RUN, the run to start from"
                .formatted(keepOptimizer ? "--keep-optimizer" : "--extend-vocabulary"));
      }
      return null;
    }
    return new WeightSource(
        "--init-from " + ShellWord.shown(initializer),
        () -> RegisteredModel.open(initializer, service),
        keepOptimizer,
        extendVocabulary);
  }
}
