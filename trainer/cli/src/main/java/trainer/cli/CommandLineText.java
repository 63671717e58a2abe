package trainer.cli;

import java.util.Arrays;
import java.util.List;

/** The command line of this process, for provenance. */
final class CommandLineText {
  private static List<String> arguments = List.of();

  private CommandLineText() {}

  static void set(String... words) {
    arguments = Arrays.asList(words.clone());
  }

  static List<String> ofThisProcess() {
    return arguments;
  }
}
