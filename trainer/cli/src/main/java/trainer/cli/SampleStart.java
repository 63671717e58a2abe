package trainer.cli;

import trainer.cli.console.Console;

/** The first 200 characters of a sample, for the terminal. */
final class SampleStart {
  private static final int CHARACTERS = 200;

  private SampleStart() {}

  /** A heading and the text, indented. */
  static String of(double temperature, String text) {
    boolean all = text.codePointCount(0, text.length()) <= CHARACTERS;
    String start = all ? text : text.substring(0, text.offsetByCodePoints(0, CHARACTERS));
    return Console.format("  sample at temperature %s:\n", temperature)
        + (start.strip() + (all ? "" : "…")).indent(4).stripTrailing();
  }
}
