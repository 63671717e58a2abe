package trainer.config.binding;

import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.ReaderException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/** Rewords the errors of the YAML parser. */
final class SyntaxErrors {
  /**
   * The meaning of a parser's message.
   *
   * @param part substring of the message
   * @param opened whether to name the line of the opening bracket or quote
   */
  private record Meaning(String part, String words, boolean opened) {}

  private static final String NEEDS_QUOTES = "text that starts with '%s' needs quotes";

  private static final String AFTER_VALUE =
      "this does not belong to the value that ends before it; put text in quotes as a whole";
  private static final String ALIAS = "unexpected character found"; // after the * or &
  private static final Pattern PERCENT = Pattern.compile("^%", Pattern.MULTILINE);

  private static final List<Meaning> MEANINGS =
      List.of(
          new Meaning("(TAB)", "a tab cannot be used here; indent with spaces", false),
          new Meaning("cannot start any token", NEEDS_QUOTES, false),
          new Meaning("mapping keys are not allowed", NEEDS_QUOTES, false),
          new Meaning(
              "expected chomping or indentation",
              "'|' and '>' stand before text of several lines; put text that starts with them in"
                  + " quotes",
              false),
          new Meaning("could not find expected ':'", "a ':' is missing after the key", false),
          new Meaning(
              "mapping values are not allowed here",
              "a ':' does not fit here; is one missing in the line above, is the indentation right,"
                  + " is text with ': ' in quotes?",
              false),
          new Meaning(
              "sequence entries are not allowed here",
              "a '- ' does not fit here; start the list on a line of its own",
              false),
          new Meaning(
              "expected <block end>",
              "this line does not fit the lines above; check the indentation",
              false),
          new Meaning("expected ',' or ']'", "a ',' or ']' is missing in the list", true),
          new Meaning("expected ',' or '}'", "a ',' or '}' is missing in the mapping", true),
          new Meaning(
              "found unexpected end of stream", "the closing quote is missing of the text", true),
          new Meaning("found unknown escape character", "unknown escape after '\\' in text", false),
          new Meaning("expected the node content", "a value is missing here", false),
          new Meaning(
              "<document start>",
              "this does not belong to what is above it; check brackets and indentation",
              false),
          new Meaning(ALIAS, NEEDS_QUOTES, false));

  private SyntaxErrors() {}

  static void report(YamlEngineException error, String text, String source, Binding binding) {
    if (error instanceof ReaderException unreadable) {
      int line = lineOf(text.indexOf(unreadable.getCodePoint()), text);
      String character = "U+%04X".formatted(unreadable.getCodePoint());
      binding.report(source, line, "the character " + character + " is not allowed in YAML");
    } else if (error instanceof MarkedYamlEngineException marked) {
      reportMarked(marked, text, source, binding);
    } else {
      binding.report(source, 0, "not valid YAML: " + error.getMessage());
    }
  }

  /** An escape above the range of int, which the parser does not report. */
  static void reportEscape(String text, String source, Binding binding) {
    Matcher escape = Pattern.compile("\\\\U[89a-fA-F]").matcher(text);
    int line = escape.find() ? lineOf(escape.start(), text) : 0;
    binding.report(source, line, "an escape \\U is not a character; the last one is \\U0010FFFF");
  }

  private static int lineOf(int index, String text) {
    return 1 + (int) text.chars().limit(Math.max(0, index)).filter(c -> c == '\n').count();
  }

  private static void reportMarked(
      MarkedYamlEngineException error, String text, String source, Binding binding) {
    String problem = error.getProblem().replaceAll("\\R", " "); // it quotes the character
    Optional<Mark> context = error.getContextMark();
    Optional<Mark> mark = error.getProblemMark().or(() -> context);
    int line = mark.map(at -> at.getLine() + 1).orElse(0);
    Optional<Meaning> meaning =
        MEANINGS.stream().filter(known -> problem.contains(known.part())).findFirst();
    String words = meaning.map(Meaning::words).orElse("not valid YAML: " + problem);
    Matcher percent = PERCENT.matcher(text);
    if (problem.contains("<document start>") && percent.find()) {
      line = lineOf(percent.start(), text);
      words = NEEDS_QUOTES.formatted('%');
    } else if (words.equals(NEEDS_QUOTES)) {
      Optional<Mark> first = problem.startsWith(ALIAS) ? context : mark;
      words =
          first.filter(SyntaxErrors::followsValue).isPresent()
              ? AFTER_VALUE
              : words.formatted(first.map(at -> Character.toString(codePoint(at, 0))).orElse("?"));
    } else if (mark.filter(SyntaxErrors::followsValue).isPresent()) {
      words = AFTER_VALUE;
    }
    int start = context.map(at -> at.getLine() + 1).orElse(line);
    boolean opened = start < line && meaning.filter(Meaning::opened).isPresent();
    binding.report(source, line, opened ? words + " that begins in line " + start : words);
  }

  /** Whether a word stands right behind a list, a mapping or a text in quotes. */
  private static boolean followsValue(Mark mark) {
    return "]}\"'".indexOf(codePoint(mark, -1)) >= 0 && "]},:".indexOf(codePoint(mark, 0)) < 0;
  }

  private static int codePoint(Mark mark, int offset) {
    int index = mark.getPointer() + offset;
    int[] text = mark.getBuffer();
    return index >= 0 && index < text.length ? text[index] : ' ';
  }
}
