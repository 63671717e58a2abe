package trainer.service.program;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * This program, for work in child processes, which isolate the service from crashes and memory use.
 *
 * @param command such as {@code java -cp trainer.jar trainer.cli.Main}
 * @param inference the same for the process that keeps models loaded, with a heap of its own
 */
public record Program(List<String> command, List<String> inference) {
  private static final String SETTINGS = "TRAINER_SERVE_";
  private static final String TOKEN = "TRAINER_TOKEN";

  public Program {
    command = List.copyOf(command);
    inference = List.copyOf(inference);
  }

  /** One that has the same heap in every process. */
  public Program(List<String> command) {
    this(command, command);
  }

  /** This program for the process that keeps models loaded. */
  public Program forInference() {
    return new Program(inference);
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
