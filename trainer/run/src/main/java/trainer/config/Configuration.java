package trainer.config;

import java.nio.file.Path;
import java.util.List;
import trainer.config.binding.Default;
import trainer.config.binding.DefaultFrom;
import trainer.config.binding.Describe;
import trainer.config.binding.Matches;
import trainer.config.binding.Rules;

/** One training job, as its YAML file describes it, every key resolved. */
public record Configuration(
    @Describe("the run directory is models/NAME")
        @DefaultFrom("the file's name without its ending")
        @Matches(value = NAME_FORM, words = NAME_WORDS)
        String name,
    @Describe("decides the start weights, dropout and samples") @Default("42") long seed,
    @Describe("what text to train on and how it is read") Data data,
    @Describe("the network between the one-hot characters and the softmax") Model model,
    @Describe("batches, updates and when to stop") Training training,
    @Describe("how often the validation split is measured") Evaluation evaluation,
    @Describe("how often checkpoints are written and how many are kept") Checkpoints checkpoints,
    @Describe("the sample text that training writes now and then") Samples samples,
    @Describe("what computes, and with how much of the machine") Compute compute) {

  /** What a run, and whatever else has a name in a path or URL, may be called. */
  public static final String NAME_FORM = "[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}";

  static final String NAME_WORDS =
      "at most 100 letters, digits, '.', '_' and '-', without a '.' in front";

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
            compute)
        .check();
  }

  /** The same with every path absolute, relative ones taken from {@code folder}. */
  public Configuration resolve(Path folder) {
    return with(data.resolve(folder));
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

  /** The same with another text. */
  public Configuration with(Data other) {
    return new Configuration(
        name, seed, other, model, training, evaluation, checkpoints, samples, compute);
  }

  /** The same with another network. */
  public Configuration with(Model other) {
    return new Configuration(
        name, seed, data, other, training, evaluation, checkpoints, samples, compute);
  }

  /** The same with another training. */
  public Configuration with(Training other) {
    return new Configuration(
        name, seed, data, model, other, evaluation, checkpoints, samples, compute);
  }

  /** The same with other evaluations. */
  public Configuration with(Evaluation other) {
    return new Configuration(
        name, seed, data, model, training, other, checkpoints, samples, compute);
  }

  /** The same with other checkpoints. */
  public Configuration with(Checkpoints other) {
    return new Configuration(
        name, seed, data, model, training, evaluation, other, samples, compute);
  }

  /** The same with other samples. */
  public Configuration with(Samples other) {
    return new Configuration(
        name, seed, data, model, training, evaluation, checkpoints, other, compute);
  }

  /** The same on another engine. */
  public Configuration with(Compute other) {
    return new Configuration(
        name, seed, data, model, training, evaluation, checkpoints, samples, other);
  }
}
