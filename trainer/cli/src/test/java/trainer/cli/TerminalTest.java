package trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a terminal shows. */
@Tag("slow")
final class TerminalTest {
  private static final Pattern ITERATION = Pattern.compile("(\\d+)/160");

  @TempDir private static Path temporary;
  private static Path folder;
  private static List<String> shown;

  @BeforeAll
  static void train() throws IOException {
    folder = Files.createDirectory(temporary.resolve("work"));
    SmallJob.write(folder);
    shown = shown(SmallJob.FILE);
  }

  /** Lines and redrawn status lines, in order. */
  private static List<String> shown(String... arguments) {
    List<String> terminal =
        List.of(
            "env",
            "TERM=xterm",
            "bash",
            "-c",
            "exec script -qec \"stty cols 80; exec $(printf '%q ' \"$@\")\" /dev/null",
            "bash");
    TrainerProcess.Result result = TrainerProcess.runBy(terminal, folder, List.of(), arguments);
    assertThat(result.exitCode()).as(result.out()).isZero();
    return List.of(result.out().replace("\033[K", "").split("[\r\n]+"));
  }

  @Test
  void theBarSaysWhatIsBeingDone() {
    for (String task : List.of("training", "validating", "sampling", "writing checkpoint")) {
      assertThat(shown).anyMatch(line -> line.matches(task + " \\d+ % .*\\d+/160 it .*"));
    }
    assertThat(shown)
        .filteredOn(line -> line.matches("training \\d+ %.*"))
        .allMatch(line -> line.length() < 80);
  }

  @Test
  void theBarIsNotBehindTheLineAboveIt() {
    assertThat(shown)
        .filteredOn(line -> line.contains("iter "))
        .hasSize(4)
        .allMatch(line -> line.length() < 80);
    int lines = 0;
    for (int i = 1; i + 1 < shown.size(); i++) {
      if (shown.get(i).contains("iter ")) {
        assertThat(iteration(shown.get(i - 1))).isEqualTo(iteration(shown.get(i)));
        assertThat(iteration(shown.get(i + 1))).isEqualTo(iteration(shown.get(i)));
        lines++;
      }
    }
    assertThat(lines).isEqualTo(4);
  }

  private static String iteration(String line) {
    Matcher matcher = ITERATION.matcher(line);
    assertThat(matcher.find()).as(line).isTrue();
    return matcher.group(1);
  }

  @Test
  void samplesAppearAsTheyAreDrawnUnlessSwitchedOff() throws IOException {
    String written = Files.readString(folder.resolve("models/small/samples.txt"));
    assertThat(shown).filteredOn(line -> line.equals("  sample at temperature 0.5:")).hasSize(4);
    String first = written.lines().skip(1).findFirst().orElseThrow();
    assertThat(shown).contains("    " + first.strip());
    assertThat(shown(SmallJob.FILE, "--output=quiet", "--set=samples.terminal=false"))
        .noneMatch(line -> line.contains("sample at temperature"));
    assertThat(folder.resolve("quiet/samples.txt")).hasContent(written);
  }
}
