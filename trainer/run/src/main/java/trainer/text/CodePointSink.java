package trainer.text;

import java.nio.file.Path;

/** Receives characters, file by file and block by block. */
public interface CodePointSink {
  /** Starts a file. */
  void start(Path file);

  /**
   * Receives the next characters of the file.
   *
   * @param codePoints belongs to the caller, which reuses it after the call
   * @param count number of characters in it
   */
  void accept(int[] codePoints, int count);

  /** Ends the file. */
  void finish();
}
