package trainer.config;

import java.nio.file.Path;
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
    @Describe("engine, threads and precision") Compute compute) {

  /** The form of names that occur in paths or URLs. */
  public static final String NAME_FORM = "[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}";

  static final String NAME_WORDS =
      "at most 100 letters, digits, '.', '_' and '-', not starting with '.'";

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

  /** A copy with absolute paths, relative ones resolved against {@code folder}. */
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
