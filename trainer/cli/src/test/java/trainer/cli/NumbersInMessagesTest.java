package trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Numbers look the same in every locale, also in programs that use the trainer as a library: {@code
 * formatted} separates thousands and decimals as the default locale does.
 */
final class NumbersInMessagesTest {
  private static final Pattern LOCAL =
      Pattern.compile(
          "%[-+0-9]*(,|\\.[0-9])[^\"\\n]*\"(\\s*\\+\\s*\"[^\"\\n]*\")*\\s*\\)?\\s*\\.formatted\\(");

  @Test
  void aNumberWithSeparatorsIsFormattedInTheRootLocale() throws IOException {
    for (String module : List.of("run", "core", "cuda", "spark", "service")) {
      try (Stream<Path> files = Files.walk(Path.of("..", module, "src/main/java"))) {
        for (Path file : files.filter(path -> path.toString().endsWith(".java")).toList()) {
          assertThat(LOCAL.matcher(Files.readString(file)).results().map(found -> found.group()))
              .as("%s: String.format(Locale.ROOT, ...)", file)
              .isEmpty();
        }
      }
    }
  }
}
