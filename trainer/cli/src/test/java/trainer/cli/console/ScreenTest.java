package trainer.cli.console;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ScreenTest {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  private Screen screen(boolean terminal) {
    PrintStream stream = new PrintStream(bytes, false, UTF_8);
    return new Screen(() -> stream, terminal);
  }

  /** Emulates a terminal: line feed, carriage return, clear to end of line. */
  private List<String> shown() {
    List<String> lines = new ArrayList<>();
    StringBuilder line = new StringBuilder();
    int column = 0;
    String text = bytes.toString(UTF_8).replace("\033[K", "\0");
    for (int i = 0; i < text.length(); i++) {
      char character = text.charAt(i);
      switch (character) {
        case '\n' -> {
          lines.add(line.toString());
          line.setLength(0);
          column = 0;
        }
        case '\r' -> column = 0;
        case '\0' -> line.setLength(column);
        default -> {
          line.replace(column, Math.min(column + 1, line.length()), "" + character);
          column++;
        }
      }
    }
    lines.add(line.toString());
    return lines;
  }

  @Test
  void linesStayAboveTheStatus() {
    Screen screen = screen(true);
    screen.line("first");
    screen.status("10 % of a long status");
    screen.line("second");
    screen.status("20 %");
    screen.line("third");

    assertThat(shown()).containsExactly("first", "second", "third", "20 %");
  }

  @Test
  void clearedStatusLeavesNothing() {
    Screen screen = screen(true);
    screen.status("99 %");
    screen.status("");
    screen.line("done");

    assertThat(shown()).containsExactly("done", "");
  }

  @Test
  void withoutATerminalThereAreLinesOnly() {
    Screen screen = screen(false);
    screen.line("first");
    screen.status("10 %");
    screen.line("second");

    assertThat(bytes.toString(UTF_8)).isEqualTo("first\nsecond\n");
  }
}
