package trainer.config;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A configuration of malformed.txt: title after ####, YAML, overrides after --set, messages after
 * =>.
 *
 * @param title the mistake
 * @param yaml the text of case.yml
 * @param overrides arguments of {@code --set}
 * @param messages expected, in order
 * @param beyondSchema whether a JSON Schema cannot express the rule
 */
record MalformedConfiguration(
    String title,
    String yaml,
    List<String> overrides,
    List<String> messages,
    boolean beyondSchema) {

  static final String FILE = "case.yml";

  /** All of malformed.txt. */
  static List<MalformedConfiguration> all() {
    try (InputStream in = MalformedConfiguration.class.getResourceAsStream("malformed.txt")) {
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      return Arrays.stream(text.split("(?m)^#### "))
          .skip(1)
          .map(MalformedConfiguration::parse)
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static MalformedConfiguration parse(String block) {
    List<String> lines = block.lines().toList();
    StringBuilder yaml = new StringBuilder();
    List<String> overrides = new ArrayList<>();
    List<String> messages = new ArrayList<>();
    boolean beyondSchema = false;
    for (String line : lines.subList(1, lines.size())) {
      if (line.equals("=> (beyond a schema)")) {
        beyondSchema = true;
      } else if (line.startsWith("=> ")) {
        messages.add(line.substring(3));
      } else if (line.startsWith("--set ")) {
        overrides.add(line.substring("--set ".length()));
      } else {
        yaml.append(line.replace('␇', '\u0007')).append('\n');
      }
    }
    return new MalformedConfiguration(
        lines.get(0), yaml.toString(), overrides, messages, beyondSchema);
  }

  @Override
  public String toString() {
    return title;
  }
}
