package trainer.text;

import java.nio.file.Path;

/** Takes the characters of one file after the other, block by block. */
public interface CodePointSink {
  /** A file begins. */
  void start(Path file);

  /**
   * More characters of the file.
   *
   * @param codePoints the next characters; the array is the caller's and changes after the call
   * @param count how many of them
   */
  void accept(int[] codePoints, int count);

  /** The file that was started has no more characters. */
  void finish();
}
