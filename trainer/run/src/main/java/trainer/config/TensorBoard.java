package trainer.config;

import trainer.config.binding.Default;
import trainer.config.binding.Describe;
import trainer.config.binding.Matches;
import trainer.config.binding.Rules;

/**
 * Event files for TensorBoard.
 *
 * @param directory below the run directory; null: none
 */
public record TensorBoard(
    @Describe("folder in the run directory, such as tensorboard; null: no event files")
        @Default("null")
        @Matches(
            value = "(?!checkpoints$)" + Configuration.NAME_FORM,
            words =
                "the name of a folder, which will be in the run directory: at most 100 letters,"
                    + " digits, '.', '_' and '-', not starting with '.', not 'checkpoints'")
        String directory) {

  public TensorBoard {
    Rules.of(TensorBoard.class, directory).check();
  }
}
