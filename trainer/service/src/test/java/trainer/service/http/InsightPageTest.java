package trainer.service.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The tabs Text and Inside in a real browser, of a run and of a version. */
@Tag("slow")
final class InsightPageTest {
  private static final Path PICTURES = Path.of("target/screenshots");

  @TempDir private Path folder;

  private TestService service;
  private Browser browser;

  @Test
  void aTextIsColouredContinuedAndLookedInto() throws IOException {
    Optional<Path> program = Browser.find();
    assumeTrue(program.isPresent(), "no Chromium on this machine: the page is not tested");
    try (TestService opened = TestService.open(folder);
        Browser shown = Browser.open(program.get())) {
      service = opened;
      browser = shown;
      browser.size(1280, 900);
      String id = service.submitted(2);
      service.awaitState(id, "succeeded");
      service.post("/api/v1/models/small/versions", "{\"run\": \"%s\"}".formatted(id));
      open("#/runs/%s/text".formatted(id));
      generate();
      copiesAreUnderlined();
      continueByKeyboard();
      open("#/runs/%s/inside".formatted(id));
      lookInside();
      open("#/models/small/1");
      generate();
      browser.awaitCount("[data-text] .copied", 20);
      browser.evaluate("document.querySelector('#tab-inside').click()");
      lookInside();
      assertThat(browser.evaluate("location.hash").asText()).isEqualTo("#/models/small/1/inside");
      takePictures();
      Files.delete(service.runs().resolve(id + "/1/corpus.bin"));
      generate();
      browser.await("document.querySelector('[data-copies]').textContent !== ''");
      assertThat(browser.text("[data-copies]"))
          .isEqualTo("The corpus of the run is no longer here: copies are not underlined.");
      browser.awaitCount("[data-text] .copied", 0);
      assertThat(browser.errors()).isEmpty();
    }
  }

  private void open(String hash) {
    browser.call(
        "Page.navigate", Map.of("url", "http://127.0.0.1:%d/%s".formatted(service.port(), hash)));
    browser.await("document.querySelector('[data-write], [data-look]') !== null");
  }

  private void generate() {
    browser.submit("[data-write]", Map.of("prime", "Zo", "characters", 60, "seed", 7));
    browser.await(
        "document.querySelectorAll('[data-text] span').length === 62"
            + " && document.querySelector('[data-write] button').textContent === 'Generate'");
    assertThat(browser.text("[data-seed]"))
        .isEqualTo("Seed 7 · 62 characters · 0.50 nats per character");
    browser.evaluate("document.querySelector('[data-again]').click()");
    assertThat(browser.evaluate("document.querySelector('[name=seed]').value").asText())
        .isEqualTo("7");
  }

  private void copiesAreUnderlined() throws IOException {
    browser.awaitCount("[data-text] .copied", 20);
    assertThat(browser.text("[data-copies]"))
        .isEqualTo(
            "Underlined: what stands in the corpus word for word, 20 characters and more; 50 % of"
                + " the text."
                + " The longest, 20 characters: “defghijklmnopqrstuvw”");
    browser.screenshot(PICTURES.resolve("text-light.png"));
    browser.size(390, 844);
    browser.screenshot(PICTURES.resolve("text-phone-light.png"));
    browser.size(1280, 900);
  }

  /** The first character, then the third, and on from one of its likeliest. */
  private void continueByKeyboard() {
    browser.evaluate("document.querySelector('[data-text]').focus()");
    browser.press("ArrowRight", 39);
    assertThat(browser.text("[data-likely]")).contains("the first character is not predicted");
    browser.press("ArrowRight", 39);
    browser.press("ArrowRight", 39);
    assertThat(browser.text("[data-likely] p")).startsWith("a: 0.50 nats, probability 61 %.");
    browser.press("Tab", 9); // "Use this seed"
    browser.press("Tab", 9);
    assertThat(browser.evaluate("document.activeElement.textContent").asText()).isEqualTo("a 61 %");
    browser.press("Enter", 13);
    browser.await("document.querySelectorAll('[data-text] span').length === 63");
    assertThat(browser.text("[data-text]")).startsWith("Zoaabc");
  }

  private void lookInside() {
    browser.await("document.querySelector('[data-found]')?.hidden === false");
    assertThat(browser.text("[data-unit-name]"))
        .isEqualTo("Layer 1, unit 3, long-term memory: high at capital letters, correlation 0.90");
    assertThat(browser.text("[data-gates] p"))
        .isEqualTo("forget gate: nearly open at 25 % of the text, nearly shut at 50 %");
    browser.awaitCount("[data-lag] polyline", 2);
    browser.evaluate(
        "document.querySelector('[data-look]').elements.text.value = 'To be';"
            + " document.querySelector('[data-look] button').click()");
    browser.awaitCount("[data-inside-text] span", 5);
    browser.evaluate("document.querySelector('[data-inside-text]').focus()");
    browser.press("ArrowRight", 39);
    assertThat(browser.text("[data-value]")).isEqualTo("T: 0.800");
    assertThat(
            browser
                .evaluate("document.querySelector('[data-inside-text] span').style.backgroundColor")
                .asText())
        .contains("--validation");
  }

  private void takePictures() throws IOException {
    browser.screenshot(PICTURES.resolve("inside-light.png"));
    browser.scheme("dark");
    browser.size(390, 844);
    browser.await("document.documentElement.scrollWidth === 390");
    browser.screenshot(PICTURES.resolve("inside-phone.png"));
    browser.evaluate("document.querySelector('#tab-text').click()");
    browser.await("document.documentElement.scrollWidth === 390");
    browser.screenshot(PICTURES.resolve("text-phone.png"));
    browser.size(1280, 900);
    browser.screenshot(PICTURES.resolve("text-dark.png"));
  }
}
