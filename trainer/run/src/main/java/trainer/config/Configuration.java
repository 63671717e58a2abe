package trainer.config;

import java.nio.file.Path;
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
    return new Configuration(
        name,
        seed,
        data.resolve(folder),
        model,
        training,
        evaluation,
        checkpoints,
        samples,
        compute);
  }
}
