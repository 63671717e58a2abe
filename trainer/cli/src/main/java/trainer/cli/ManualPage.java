package trainer.cli;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/**
 * A command's page for {@code man}, in roff's macros, from its picocli model.
 *
 * @param version of the program
 */
record ManualPage(CommandSpec command, String version) {
  private static final List<List<String>> EXIT_CODES =
      List.of(
          List.of("0", "Done."),
          List.of(
              "1",
              "Training or the machine failed (full disk, no network, locked run directory): a retry"
                  + " may succeed."),
          List.of("2", "The command, a configuration or an input is wrong."),
          List.of("130, 143", "Stopped by Ctrl-C or SIGTERM, with a checkpoint written."));

  /** The pages of a command and of all below it, without hidden ones. */
  static List<ManualPage> of(CommandSpec root, String version) {
    List<ManualPage> pages = new ArrayList<>();
    pages.add(new ManualPage(root, version));
    visible(root).forEach(each -> pages.addAll(of(each, version)));
    return pages;
  }

  private static List<CommandSpec> visible(CommandSpec command) {
    return command.subcommands().values().stream()
        .map(CommandLine::getCommandSpec)
        .filter(each -> !each.usageMessage().hidden())
        .distinct()
        .toList();
  }

  /** Such as {@code trainer-sample}. */
  String name() {
    return command.qualifiedName("-");
  }

  /** The file. */
  String roff() {
    StringBuilder page = new StringBuilder();
    List<String> description = lines(command.usageMessage().description());
    String summary = description.get(0).replaceFirst("\\.$", "");
    page.append(".TH \"%s\" 1 \"\" \"trainer %s\"\n".formatted(upper(name()), text(version)));
    page.append(".nh\n.ad l\n"); // no hyphens in options, no wide gaps
    page.append(".SH NAME\n%s \\- %s\n".formatted(text(name()), text(summary)));
    page.append(".SH SYNOPSIS\n").append(text(synopsis())).append("\n");
    page.append(".SH DESCRIPTION\n").append(paragraphs(description));
    List<PositionalParamSpec> parameters =
        command.positionalParameters().stream().filter(each -> !each.hidden()).toList();
    if (!parameters.isEmpty()) {
      page.append(".SH ARGUMENTS\n");
      parameters.forEach(
          each -> item(page, "\\fI" + text(each.paramLabel()) + "\\fP", each.description()));
    }
    List<OptionSpec> options = command.options().stream().filter(each -> !each.hidden()).toList();
    if (!options.isEmpty()) {
      page.append(".SH OPTIONS\n");
      options.forEach(each -> item(page, names(each), each.description()));
    }
    List<CommandSpec> commands = visible(command);
    if (!commands.isEmpty()) {
      page.append(".SH COMMANDS\n");
      commands.forEach(
          each ->
              item(
                  page,
                  reference(each.qualifiedName("-")),
                  lines(each.usageMessage().description()).get(0)));
    }
    page.append(".SH \"EXIT STATUS\"\n");
    EXIT_CODES.forEach(each -> item(page, text(each.get(0)), each.get(1)));
    if (command.parent() != null) {
      page.append(".SH \"SEE ALSO\"\n%s\n".formatted(reference(command.root().name())));
    }
    return page.toString();
  }

  private String synopsis() {
    command.usageMessage().autoWidth(false).width(10_000); // on one line, which roff breaks
    return new Help(command, Help.defaultColorScheme(Ansi.OFF)).synopsis(0).strip();
  }

  private static void item(StringBuilder page, String tag, String... description) {
    page.append(".TP\n%s\n%s".formatted(tag, paragraphs(lines(description))));
  }

  private static String names(OptionSpec option) {
    String value = option.arity().max() == 0 ? "" : "=\\fI" + text(option.paramLabel()) + "\\fP";
    return Arrays.stream(option.names())
            .map(name -> "\\fB" + text(name) + "\\fP")
            .collect(Collectors.joining(", "))
        + value;
  }

  private static String reference(String page) {
    return "\\fB%s\\fP(1)".formatted(text(page));
  }

  /** As picocli shows them: formatted, without markup. */
  private static List<String> lines(String... description) {
    return Stream.of(description)
        .map(each -> Ansi.OFF.string(String.format(Locale.ROOT, each)))
        .flatMap(each -> each.isEmpty() ? Stream.of(each) : each.lines())
        .toList();
  }

  /** Lines fill paragraphs, which empty lines end. */
  private static String paragraphs(List<String> lines) {
    return lines.stream()
            .dropWhile(String::isBlank)
            .map(line -> line.isBlank() ? ".sp" : text(line))
            .collect(Collectors.joining("\n"))
        + "\n";
  }

  private static String upper(String name) {
    return name.toUpperCase(Locale.ROOT);
  }

  /** Text that roff prints as it is. */
  private static String text(String plain) {
    String escaped =
        plain
            .replace("\\", "\\e")
            .replace("-", "\\-")
            .replace("`", "\\(ga")
            .replace("'", "\\(aq")
            .replace("^", "\\(ha")
            .replace("~", "\\(ti");
    StringBuilder ascii = new StringBuilder();
    escaped
        .codePoints()
        .forEach(
            each -> {
              if (each < 128) {
                ascii.append((char) each);
              } else {
                ascii.append("\\[u%04X]".formatted(each));
              }
            });
    return escaped.startsWith(".") ? "\\&" + ascii : ascii.toString();
  }
}
