package trainer.cli.service;

import java.util.regex.Pattern;
import picocli.CommandLine.ParameterException;
import trainer.config.Configuration;

/** Names of runs and models on the command line, checked before they become part of a path. */
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

  /** The path of a run ID, of registry:NAME, or of registry:NAME@VERSION. */
  static String path(String target, ServiceClient service) {
    if (!target.startsWith(RegisteredModel.PREFIX)) {
      return "/runs/" + RunWatch.checked(target);
    }
    String model = target.substring(RegisteredModel.PREFIX.length());
    int at = model.indexOf('@');
    String path = "/models/" + checked(at < 0 ? model : model.substring(0, at), service);
    return at < 0 ? path : path + "/versions/" + RunWatch.checked(model.substring(at + 1));
  }

  /** The same, where registry:NAME is its champion. */
  static String trainedPath(String target, ServiceClient service) {
    boolean any = target.startsWith(RegisteredModel.PREFIX) && target.indexOf('@') < 0;
    return path(any ? target + "@champion" : target, service);
  }
}
