package trainer;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Every test that a document names exists: a promise is worth what its test is. */
final class DocumentedTestsTest {
  private static final Path ROOT = Path.of("../..");
  private static final Pattern NAMED =
      Pattern.compile("\\b([A-Z]\\w*(?:Test|Contract))\\b(?:\\.([a-z]\\w*)\\b)?");
  private static final int LEAST = 100; // named in the documents

  private static List<Path> files(Path folder, String end) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(file -> file.toString().endsWith(end)).toList();
    }
  }

  /** By the name of the class. */
  private static Map<String, Path> tests() throws IOException {
    Map<String, Path> tests = new HashMap<>();
    try (Stream<Path> modules = Files.walk(ROOT.resolve("trainer"), 2)) {
      for (Path module : (Iterable<Path>) modules::iterator) {
        Path folder = module.resolve("src/test/java");
        if (Files.isDirectory(folder)) {
          for (Path file : files(folder, ".java")) {
            tests.put(file.getFileName().toString().replace(".java", ""), file);
          }
        }
      }
    }
    return tests;
  }

  @Test
  void everyTestThatADocumentNamesExists() throws IOException {
    Map<String, Path> tests = tests();
    List<String> missing = new ArrayList<>();
    int named = 0;
    for (Path document : files(ROOT.resolve("docs"), ".md")) {
      for (MatchResult each : NAMED.matcher(Files.readString(document)).results().toList()) {
        named++;
        Path test = tests.get(each.group(1));
        String method = each.group(2);
        if (test == null
            || (method != null && !Files.readString(test).contains(" " + method + "("))) {
          missing.add(document.getFileName() + ": " + each.group());
        }
      }
    }
    assertThat(missing).isEmpty();
    assertThat(named).isGreaterThan(LEAST);
  }
}
