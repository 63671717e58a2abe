package trainer.config;

import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import trainer.config.binding.Default;
import trainer.config.binding.DefaultFrom;
import trainer.config.binding.Describe;
import trainer.config.binding.Matches;
import trainer.config.binding.Rules;

/** One training run, with every key resolved. */
public record Configuration(
    @Describe("the run directory is models/NAME")
        @DefaultFrom("the file's name without extension")
        @Matches(value = NAME_FORM, words = NAME_WORDS)
        String name,
    @Describe("seed of initial weights, dropout and samples") @Default("42") long seed,
    @Describe("the training text") Data data,
    @Describe("the network between one-hot input and softmax") Model model,
    @Describe("batches, optimizer and length of training") Training training,
    @Describe("evaluation on the validation split") Evaluation evaluation,
    @Describe("frequency and number of checkpoints") Checkpoints checkpoints,
    @Describe("text samples during training") Samples samples,
    @Describe("event files for TensorBoard") TensorBoard tensorboard,
    @Describe("a tracking server of MLflow that shows the run") MlFlow mlflow,
    @Describe("engine, threads and precision") Compute compute) {

  /** The form of names that occur in paths or URLs. */
  public static final String NAME_FORM = "[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}";

  static final String NAME_WORDS =
      "at most 100 letters, digits, '.', '_' and '-', not starting with '.'";

  /** The form of new names in a service, whose clients take what starts with '-' for an option. */
  public static final String NEW_NAME_FORM = "(?!-)" + NAME_FORM;

  /** {@link #NEW_NAME_FORM} for people. */
  public static final String NEW_NAME_WORDS = NAME_WORDS + " or '-'";

  public Configuration {
    Rules.of(
            Configuration.class,
            name,
            seed,
            data,
            model,
            training,
            evaluation,
            checkpoints,
            samples,
            tensorboard,
            mlflow,
            compute)
        .and(
            training == null || compute == null || areShared(training, compute),
            compute == null || compute.workers() > 1 ? "compute.workers" : "compute.gpus",
            "training.batch_size",
            "must divide training.batch_size, and so must compute.lane_groups")
        .check();
  }

  /** Whether every worker and lane group has as many lanes as the others. */
  private static boolean areShared(Training training, Compute compute) {
    return compute.ranks() == 1
        || training.batchSize() % Math.max(compute.ranks(), compute.groups()) == 0;
  }

  /** A copy with absolute paths, relative ones resolved against {@code folder}. */
  public Configuration resolve(Path folder) {
    return resolve(key -> folder);
  }

  /** As above, with the folder of each path by its key, such as {@code data.corpus[0]}. */
  Configuration resolve(Function<String, Path> folders) {
    return with(data.resolve(folders));
  }

  /**
   * A configuration whose other keys have their defaults.
   *
   * @param name of the run
   * @param text a file to train on
   * @throws ConfigurationException if the name cannot be one
   */
  public static Configuration of(String name, Path text) {
    String corpus = text.toAbsolutePath().toString();
    return ConfigurationLoader.parse(
        "data: {corpus: '%s'}".formatted(corpus.replace("'", "''")), name, List.of());
  }

  /** As a new run begins with it: what is left open has its default. */
  public Configuration started() {
    return with(data.started()).with(training.started()).with(compute.started());
  }

  /** As a checkpoint describes it: what is left open was not known to the version that wrote it. */
  public Configuration recorded() {
    return with(data.recorded()).with(training.recorded()).with(compute.recorded());
  }

  /** As a run that began with another resumes with it: what is left open is as in the run. */
  public Configuration resuming(Configuration began) {
    return with(data.resuming(began.data))
        .with(training.resuming(began.training))
        .with(compute.resuming(began.compute));
  }

  /** The same with another text. */
  public Configuration with(Data other) {
    return new Configuration(
        name,
        seed,
        other,
        model,
        training,
        evaluation,
        checkpoints,
        samples,
        tensorboard,
        mlflow,
        compute);
  }

  /** The same with another network. */
  public Configuration with(Model other) {
    return new Configuration(
        name,
        seed,
        data,
        other,
        training,
        evaluation,
        checkpoints,
        samples,
        tensorboard,
        mlflow,
        compute);
  }

  /** The same with another training. */
  public Configuration with(Training other) {
    return new Configuration(
        name,
        seed,
        data,
        model,
        other,
        evaluation,
        checkpoints,
        samples,
        tensorboard,
        mlflow,
        compute);
  }

  /** The same with other evaluations. */
  public Configuration with(Evaluation other) {
    return new Configuration(
        name,
        seed,
        data,
        model,
        training,
        other,
        checkpoints,
        samples,
        tensorboard,
        mlflow,
        compute);
  }

  /** The same with other checkpoints. */
  public Configuration with(Checkpoints other) {
    return new Configuration(
        name,
        seed,
        data,
        model,
        training,
        evaluation,
        other,
        samples,
        tensorboard,
        mlflow,
        compute);
  }

  /** The same with other samples. */
  public Configuration with(Samples other) {
    return new Configuration(
        name,
        seed,
        data,
        model,
        training,
        evaluation,
        checkpoints,
        other,
        tensorboard,
        mlflow,
        compute);
  }

  /** The same on another engine. */
  public Configuration with(Compute other) {
    return new Configuration(
        name,
        seed,
        data,
        model,
        training,
        evaluation,
        checkpoints,
        samples,
        tensorboard,
        mlflow,
        other);
  }
}
