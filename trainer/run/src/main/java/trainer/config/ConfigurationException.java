package trainer.config;

import java.util.List;
import java.util.stream.Collectors;
import trainer.config.binding.ConfigurationProblem;
import trainer.file.TrainerException;

/** A configuration is invalid; the message has a line for each problem. */
public final class ConfigurationException extends TrainerException {
  private static final long serialVersionUID = 1;

  private final transient List<ConfigurationProblem> problems;

  /** For at least one problem. */
  public ConfigurationException(List<ConfigurationProblem> problems) {
    super(problems.stream().map(ConfigurationProblem::toString).collect(Collectors.joining("\n")));
    this.problems = List.copyOf(problems);
  }

  /** The problems: those of the file from top to bottom, then those of the command line. */
  public List<ConfigurationProblem> problems() {
    return problems;
  }
}
