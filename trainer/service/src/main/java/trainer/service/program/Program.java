package trainer.service.program;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * This program itself, for work that is done in a process of its own: neither a crash nor its
 * memory concerns the service.
 *
 * @param command such as {@code java -cp trainer.jar trainer.cli.Main}
 */
public record Program(List<String> command) {
  private static final String SETTINGS = "TRAINER_SERVE_";
  private static final String TOKEN = "TRAINER_TOKEN";

  /** Copies the list. */
  public Program {
    command = List.copyOf(command);
  }

  /** A process that has not begun, without what only the service and its clients are to know. */
  public ProcessBuilder process(List<String> arguments) {
    List<String> words = new ArrayList<>(command);
    words.addAll(arguments);
    ProcessBuilder builder = new ProcessBuilder(words);
    removeSecrets(builder.environment());
    return builder;
  }

  /**
   * The password of the database is in a setting, and the token of an administrator may be there.
   */
  static void removeSecrets(Map<String, String> environment) {
    environment.keySet().removeIf(name -> name.startsWith(SETTINGS) || name.equals(TOKEN));
  }
}
