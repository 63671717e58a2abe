package trainer.exchange;

import trainer.file.ShellWord;

/** Names from a file, for messages. */
final class Names {
  private static final int SHOWN = 80;

  private Names() {}

  /** A name in quotation marks, on one line, without its end if it is long. */
  static String of(String name) {
    return "'" + ShellWord.onOneLine(ShellWord.shortened(name, SHOWN)) + "'";
  }
}
