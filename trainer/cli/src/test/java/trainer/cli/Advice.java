package trainer.cli;

import static java.util.stream.Collectors.toSet;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * A change of a command that a message advises. In a message,
 *
 * <ul>
 *   <li>options with one space between them are one piece of advice: {@code --resume never --set
 *       seed=8};
 *   <li>{@code omit} or {@code leave out} before an option removes it, {@code leave it out} at the
 *       end of a message the option that the message begins with;
 *   <li>a key with its value is to be set: {@code data.unknown: replace};
 *   <li>{@code without} or {@code leave out} before a key sets it to null;
 *   <li>{@code java -jar trainer.jar …} at the end of a line is a command;
 *   <li>{@code (evaluate: --encoding)} names the option of another command, which has it;
 *   <li>an option takes the place of those that it excludes;
 *   <li>an option or a key at the beginning of a line, with a colon behind it, says where the
 *       problem is, and is no advice.
 * </ul>
 *
 * @param text as printed
 * @param command the changed command
 */
record Advice(String text, List<String> command) {
  /** An option name in a message. */
  static final Pattern OPTION = Pattern.compile("(?<![\\w-])--[a-z][a-z-]*");

  private static final Pattern PLACE =
      Pattern.compile(
          "^(error: )?(--[a-z-]+[^:]*|\\s*[a-z_]+(\\.[a-z_0-9]+)+((\\[\\d])|\\.[a-z]+)*): ");

  /** A configuration key in a message; model.zip, samples.txt and samples.json are files. */
  static final Pattern KEY =
      Pattern.compile(
          "(?<![\\w./-])(?:data|model|training|evaluation|checkpoints|samples|compute)"
              + "(?:\\.(?!zip\\b|txt\\b|json\\b)[a-z_0-9]+)+");

  private static final Pattern SETTING = Pattern.compile("(" + KEY + "): ([\\w.-]*\\w)");
  private static final Pattern WITHOUT = Pattern.compile("(?:without|leave out) (" + KEY + ")");
  private static final Pattern OTHER = Pattern.compile("\\(([a-z]+): (--[a-z-]+)\\)");
  private static final Pattern PROGRAM = Pattern.compile("java -jar trainer\\.jar (.*)$");
  private static final Pattern WORD = Pattern.compile("(?:[^\\s,;']|'[^']*')+");
  private static final Set<String> ECHOES = Set.of("override:", "changed:", "usage:", "text");

  /**
   * All advice in the output of a command.
   *
   * @param values of options that are named without one, and of words such as NEW
   */
  static List<Advice> in(String output, List<String> command, Map<String, String> values) {
    CommandSpec spec = spec(command);
    List<Advice> found = new ArrayList<>();
    for (String line : output.lines().toList()) {
      if (ECHOES.contains(line.split("\\s+", 2)[0])) {
        continue;
      }
      Matcher program = PROGRAM.matcher(line);
      if (program.find()) {
        found.add(new Advice(program.group(), words(program.group(1))));
        continue;
      }
      Matcher place = PLACE.matcher(line);
      boolean named = place.find();
      String rest = withoutOthers(named ? line.substring(place.end()) : line);
      if (named && rest.endsWith("leave it out")) {
        Matcher option = OPTION.matcher(place.group());
        if (option.find()) {
          found.add(new Advice(line, without(command, option.group())));
        }
      }
      options(rest, spec, command, values, found);
      Matcher key = SETTING.matcher(rest);
      while (key.find()) {
        found.add(
            new Advice(key.group(), with(command, "--set", key.group(1) + "=" + key.group(2))));
      }
      Matcher without = WITHOUT.matcher(rest);
      while (without.find()) {
        found.add(new Advice(without.group(), with(command, "--set", without.group(1) + "=null")));
      }
    }
    return found;
  }

  /** The line without options of other commands. */
  private static String withoutOthers(String line) {
    return OTHER
        .matcher(line)
        .replaceAll(
            other -> {
              CommandSpec spec = spec(List.of(other.group(1)));
              if (spec.findOption(other.group(2)) == null) {
                throw new AssertionError(line);
              }
              return "";
            });
  }

  private static void options(
      String line,
      CommandSpec spec,
      List<String> command,
      Map<String, String> values,
      List<Advice> found) {
    Matcher option = OPTION.matcher(line);
    for (int at = 0; option.find(at); ) {
      int start = option.start();
      boolean removed = line.substring(0, start).matches(".*(omit|leave out) ");
      List<String> changed = command;
      int end = start;
      do {
        String name = option.group();
        end = option.end();
        OptionSpec known = spec.findOption(name);
        if (known == null) {
          throw new AssertionError(
              "%s has no option %s: %s".formatted(spec.qualifiedName(), name, line));
        }
        String value = null;
        if (known.arity().max() > 0) {
          Matcher word = WORD.matcher(line).region(Math.min(end + 1, line.length()), line.length());
          boolean given =
              end < line.length() && " =".indexOf(line.charAt(end)) >= 0 && word.lookingAt();
          String next = given ? word.group().replaceFirst("[:.]$", "") : "";
          if (given && isValue(next, known)) {
            value = unquoted(values.getOrDefault(next, next));
            end = word.start() + next.length();
          } else {
            value = values.get(name);
          }
        }
        for (OptionSpec other : exclusive(known)) {
          changed = without(changed, other.longestName());
        }
        changed = removed ? without(changed, name) : with(changed, name, value);
      } while (line.startsWith(" --", end) && option.find(end) && option.start() == end + 1);
      found.add(new Advice(line.substring(start, end), changed));
      at = end;
    }
  }

  /** Options that an option takes the place of. */
  private static List<OptionSpec> exclusive(OptionSpec option) {
    return option.group() != null && option.group().exclusive()
        ? option.group().options()
        : List.of();
  }

  /** Whether the word after an option is its value and not the next word of the sentence. */
  private static boolean isValue(String word, OptionSpec option) {
    if (option.completionCandidates() != null) {
      for (String candidate : option.completionCandidates()) {
        if (candidate.equalsIgnoreCase(word)) {
          return true;
        }
      }
    }
    return word.matches("[A-Z@]+") || !word.matches("[A-Za-z]*");
  }

  private static List<String> with(List<String> command, String name, String value) {
    List<String> changed = new ArrayList<>(name.equals("--set") ? command : without(command, name));
    changed.add(value == null ? name : name + "=" + value);
    return changed;
  }

  private static List<String> without(List<String> command, String name) {
    return command.stream()
        .filter(word -> !word.equals(name) && !word.startsWith(name + "="))
        .toList();
  }

  private static List<String> words(String command) {
    return Pattern.compile("(?:[^\\s']|'[^']*')+")
        .matcher(command)
        .results()
        .map(word -> unquoted(word.group()))
        .toList();
  }

  private static String unquoted(String word) {
    return word.replace("'", "");
  }

  private static CommandSpec spec(List<String> command) {
    CommandLine line = Main.commandLine();
    CommandLine named = line.getSubcommands().get(command.get(0));
    return (named == null ? line.getSubcommands().get("train") : named).getCommandSpec();
  }

  /** Names of all options of all commands. */
  static Set<String> optionNames() {
    return optionNames(Main.commandLine()).collect(toSet());
  }

  private static Stream<String> optionNames(CommandLine command) {
    return Stream.concat(
        command.getCommandSpec().options().stream()
            .flatMap(option -> Arrays.stream(option.names())),
        command.getSubcommands().values().stream().flatMap(Advice::optionNames));
  }
}
