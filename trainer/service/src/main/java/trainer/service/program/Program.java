package trainer.service.program;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * This program, for work in child processes, which isolate the service from crashes and memory use.
 *
 * @param command such as {@code java -cp trainer.jar trainer.cli.Main}
 */
public record Program(List<String> command) {
  private static final String SETTINGS = "TRAINER_SERVE_";
  private static final String TOKEN = "TRAINER_TOKEN";

  public Program {
    command = List.copyOf(command);
  }

  /** A process to start, without secrets in its environment. */
  public ProcessBuilder process(List<String> arguments) {
    List<String> words = new ArrayList<>(command);
    words.addAll(arguments);
    ProcessBuilder builder = new ProcessBuilder(words);
    removeSecrets(builder.environment());
    return builder;
  }

  /** The settings contain the database password; the token may be an administrator's. */
  static void removeSecrets(Map<String, String> environment) {
    environment.keySet().removeIf(name -> name.startsWith(SETTINGS) || name.equals(TOKEN));
  }
}
