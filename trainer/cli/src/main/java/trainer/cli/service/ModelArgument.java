package trainer.cli.service;

import java.util.regex.Pattern;
import picocli.CommandLine.ParameterException;
import trainer.config.Configuration;

/** The name of a registered model on the command line, as it is put into an address. */
final class ModelArgument {
  private static final Pattern NAME = Pattern.compile(Configuration.NAME_FORM);

  private ModelArgument() {}

  /** The name, if it is one. */
  static String checked(String name, ServiceClient service) {
    if (!NAME.matcher(name).matches()) {
      throw new ParameterException(
          service.command(),
          "%s: no model can be called that; list the models with 'models'".formatted(name));
    }
    return name;
  }
}
