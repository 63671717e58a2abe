package trainer.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** String literals of the program's sources, those that are added up as one. */
record MessageTexts(Path file, String text) {
  private static final List<String> MODULES = List.of("run", "core", "cuda", "service", "cli");
  private static final String TOKEN =
      "\"\"\"[\\s\\S]*?\"\"\"|\"(?:\\\\.|[^\"\\\\\\n])*\"|'(?:\\\\.|[^'\\\\])'";
  private static final Pattern COMMENT =
      Pattern.compile("(" + TOKEN + ")|/\\*[\\s\\S]*?\\*/|//[^\\n]*");
  private static final Pattern ANNOTATION = Pattern.compile("@[A-Z]\\w*\\(");
  private static final Pattern PARENTHESIS = Pattern.compile(TOKEN + "|([()])");
  private static final Pattern LITERAL =
      Pattern.compile("\"((?:[^\"\\\\\\n]|\\\\.)*)\"(\\s*\\+\\s*(?=\"))?");
  private static final Pattern FORMAT = Pattern.compile("%[-,+0-9.$]*[a-zA-Z]");

  /** All literals outside annotations, which describe options and keys. */
  static List<MessageTexts> all() throws IOException {
    List<MessageTexts> found = new ArrayList<>();
    for (String module : MODULES) {
      try (Stream<Path> files = Files.walk(Path.of("..", module, "src/main/java"))) {
        for (Path file :
            files.filter(path -> path.toString().endsWith(".java")).sorted().toList()) {
          String source = withoutAnnotations(withoutComments(Files.readString(file)));
          StringBuilder text = new StringBuilder();
          Matcher literal = LITERAL.matcher(source);
          while (literal.find()) {
            text.append(literal.group(1).replace("\\n", "\n").replace("\\\"", "\""));
            if (literal.group(2) == null) {
              found.add(new MessageTexts(file, text.toString()));
              text.setLength(0);
            }
          }
        }
      }
    }
    return found;
  }

  /** Comments removed, and text blocks written as literals on one line. */
  private static String withoutComments(String source) {
    return COMMENT
        .matcher(source)
        .replaceAll(
            match -> {
              String token = match.group(1) == null ? "" : match.group(1);
              return Matcher.quoteReplacement(
                  token.startsWith("\"\"\"")
                      ? "\"" + token.replace("\"", "").replace("\n", "\\n") + "\""
                      : token);
            });
  }

  private static String withoutAnnotations(String source) {
    StringBuilder rest = new StringBuilder();
    int from = 0;
    Matcher annotation = ANNOTATION.matcher(source);
    while (annotation.find(from)) {
      rest.append(source, from, annotation.start());
      from = end(source, annotation.end());
    }
    return rest.append(source.substring(from)).toString();
  }

  /** Behind the parenthesis that closes the one before {@code at}. */
  private static int end(String source, int at) {
    Matcher token = PARENTHESIS.matcher(source);
    int depth = 1;
    int end = at;
    while (depth > 0 && token.find(end)) {
      depth += token.group(1) == null ? 0 : token.group(1).equals("(") ? 1 : -1;
      end = token.end();
    }
    return end;
  }

  /** Whether a text contains what the literal becomes with any values. */
  boolean isIn(String output) {
    int at = 0;
    for (String fixed : FORMAT.split(text, -1)) {
      at = output.indexOf(fixed, at);
      if (at < 0) {
        return false;
      }
      at += fixed.length();
    }
    return true;
  }
}
