package trainer.service.program;

import java.util.Optional;
import trainer.file.ShellWord;

/** The error protocol of child processes: the last line that starts with "error: ", to the end. */
public final class Errors {
  private static final String PREFIX = "error: ";
  private static final int MOST_CHARACTERS = 2000;

  private Errors() {}

  /** The error in the output of a process, shortened; empty if it printed none. */
  public static Optional<String> in(String output) {
    String text = "\n" + output;
    int start = text.lastIndexOf("\n" + PREFIX);
    if (start < 0) {
      return Optional.empty();
    }
    String error = text.substring(start + 1 + PREFIX.length()).strip();
    return Optional.of(ShellWord.shortened(error, MOST_CHARACTERS));
  }
}
