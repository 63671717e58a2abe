package trainer.cli.service;

import java.util.regex.Pattern;
import picocli.CommandLine.ParameterException;
import trainer.config.Configuration;

/** The name of a registered model on the command line, checked before it becomes part of a path. */
final class ModelArgument {
  private static final Pattern NAME = Pattern.compile(Configuration.NAME_FORM);

  private ModelArgument() {}

  static String checked(String name, ServiceClient service) {
    if (!NAME.matcher(name).matches()) {
      throw new ParameterException(
          service.command(), "%s: not a model name; list the models with 'models'".formatted(name));
    }
    return name;
  }
}
