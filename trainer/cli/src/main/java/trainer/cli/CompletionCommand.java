package trainer.cli;

import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code completion}. */
@Command(
    name = "completion",
    description = {
      "Print a script that completes the commands and options of trainer in bash and zsh.",
      "",
      "In ~/.bashrc: source <(trainer completion)"
    },
    mixinStandardHelpOptions = true)
final class CompletionCommand implements Callable<Integer> {
  /** The words of an option, which are Java's constants. */
  private static final Pattern WORDS = Pattern.compile("_option_args=\\(.*\\)");

  @Spec private CommandSpec command;

  @Override
  public Integer call() {
    String script = AutoComplete.bash("trainer", command.root().commandLine());
    System.out.print(WORDS.matcher(script).replaceAll(CompletionCommand::inLowerCase));
    return 0;
  }

  private static String inLowerCase(MatchResult words) {
    return words.group().toLowerCase(Locale.ROOT);
  }
}
