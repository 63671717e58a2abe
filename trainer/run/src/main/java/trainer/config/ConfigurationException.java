package trainer.config;

import java.util.List;
import java.util.stream.Collectors;
import trainer.config.binding.Problem;
import trainer.file.TrainerException;

/** A configuration that cannot be used; the message has a line for everything wrong with it. */
public final class ConfigurationException extends TrainerException {
  private static final long serialVersionUID = 1;

  private final transient List<Problem> problems;

  /** An exception for at least one problem. */
  public ConfigurationException(List<Problem> problems) {
    super(problems.stream().map(Problem::toString).collect(Collectors.joining("\n")));
    this.problems = List.copyOf(problems);
  }

  /** What is wrong: the file from top to bottom, then the command line. */
  public List<Problem> problems() {
    return problems;
  }
}
