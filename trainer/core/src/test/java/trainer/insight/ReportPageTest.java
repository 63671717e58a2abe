package trainer.insight;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import trainer.checkpoint.SavedNetwork;
import trainer.config.Configuration;
import trainer.config.Initializer;
import trainer.config.Layer;
import trainer.config.Layer.CellType;
import trainer.config.Model;
import trainer.insight.ExplanationJob.Part;
import trainer.job.TrainingJob;

/** The page in a real browser, by keyboard, as wide as a phone. */
@Tag("slow")
final class ReportPageTest {
  private static final String LINE = "from fairest creatures we desire increase\n";
  private static final String ERRORS =
      "<script>addEventListener('error', e => { document.documentElement.dataset.error = e.message })</script>";
  private static final String VISIT =
      """
      <script>
      const page = document.documentElement
      const tell = (name, value) => { page.dataset[name] = value }
      const press = (id, key) => byId(id).dispatchEvent(new KeyboardEvent('keydown', {key, cancelable: true}))
      press('surprise-text', 'Home')
      tell('first', byId('alternatives').textContent)
      press('surprise-text', 'ArrowDown')
      press('surprise-text', 'ArrowRight')
      tell('at', surprise.at)
      tell('bars', byId('alternatives').querySelectorAll('.bar').length)
      const before = byId('says').textContent
      document.querySelectorAll('#units button')[1].click()
      tell('unit', String(byId('says').textContent !== before && memory.parts.some(part => part.style.backgroundColor !== '')))
      press('memory-text', 'End')
      tell('strips', byId('strips').querySelectorAll('tr').length)
      const slider = byId('written-slider')
      slider.value = '0'
      slider.dispatchEvent(new Event('input'))
      tell('written', byId('written-at').textContent)
      page.style.width = '390px'
      tell('width', document.body.scrollWidth)
      </script>
      """;

  // The browser may still write to its profile while it is deleted.
  @TempDir(cleanup = CleanupMode.NEVER)
  private Path folder;

  private static Optional<Path> browser() {
    return Stream.of(System.getenv("PATH").split(":"))
        .flatMap(
            path ->
                Stream.of("chromium", "chromium-browser", "google-chrome")
                    .map(Path.of(path)::resolve))
        .filter(Files::isExecutable)
        .findFirst();
  }

  @Test
  void itAnswersToTheKeyboardAndFitsAPhone() throws IOException, InterruptedException {
    Optional<Path> program = browser();
    assumeTrue(program.isPresent(), "no Chromium on this machine: the page is not tested");
    Path page = folder.resolve("report.html");
    write(page);
    String html =
        Files.readString(page)
            .replace("<body>", "<body>" + ERRORS)
            .replace("</body>", VISIT + "</body>");
    Files.writeString(page, html);

    Path dom = folder.resolve("dom.html");
    Process process =
        new ProcessBuilder(
                program.get().toString(),
                "--headless",
                "--no-sandbox", // a container's root cannot have one
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--no-first-run",
                "--window-size=500,900",
                "--user-data-dir=" + folder.resolve("profile"),
                "--dump-dom",
                page.toUri().toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .redirectOutput(dom.toFile())
            .start();
    assertThat(process.waitFor()).isZero();
    String visited = Files.readString(dom, StandardCharsets.UTF_8);

    assertThat(told(visited, "error")).isNull();
    assertThat(told(visited, "first")).contains("nothing came before it");
    assertThat(told(visited, "at")).isEqualTo(String.valueOf(LINE.length() + 1));
    assertThat(Integer.parseInt(told(visited, "bars"))).isBetween(5, 6);
    assertThat(told(visited, "unit")).isEqualTo("true");
    assertThat(told(visited, "strips")).isEqualTo("5"); // text, state, three gates
    assertThat(told(visited, "written")).startsWith("10: ");
    assertThat(Integer.parseInt(told(visited, "width"))).isLessThanOrEqualTo(390);
  }

  private void write(Path page) throws IOException {
    Path text = Files.writeString(folder.resolve("text.txt"), LINE.repeat(40));
    Configuration defaults = Configuration.of("small", text);
    Configuration configuration =
        defaults
            .with(
                new Model(List.of(new Layer(CellType.LSTM, 6, 0.0)), 1.0, new Initializer.Xavier()))
            .with(defaults.training().withBatches(2, 10).withIterations(10));
    new TrainingJob(configuration, folder.resolve("run")).run();
    Explanation found =
        new ExplanationJob(SavedNetwork.open(folder.resolve("run")))
            .text(LINE.repeat(3))
            .parts(EnumSet.allOf(Part.class))
            .run()
            .orElseThrow();
    Report.write(found, List.of(), List.of(found, found), page);
  }

  /** What the visit has noted; null: nothing. */
  private static String told(String dom, String name) {
    Matcher attribute = Pattern.compile("<html[^>]* data-" + name + "=\"([^\"]*)\"").matcher(dom);
    return attribute.find() ? attribute.group(1) : null;
  }
}
