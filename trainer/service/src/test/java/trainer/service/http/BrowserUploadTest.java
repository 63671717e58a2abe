package trainer.service.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sign-in and uploads in a real browser. */
@Tag("slow")
final class BrowserUploadTest {
  private static final Path PICTURES = Path.of("target/screenshots");
  private static final String TOKEN = "s".repeat(32);

  @TempDir private Path folder;

  @Test
  void aTextIsUploadedTrainedOnAndItsCheckpointsAreSaved() throws IOException {
    Optional<Path> program = Browser.find();
    assumeTrue(program.isPresent(), "no Chromium on this machine: the page is not tested");
    Path tokens = Files.writeString(folder.resolve("tokens"), "submit sam %s\n".formatted(TOKEN));
    Files.setPosixFilePermissions(tokens, PosixFilePermissions.fromString("rw-------"));
    try (TestService service = TestService.withTokens(folder.resolve("service"), tokens);
        Browser browser = Browser.open(program.get())) {
      browser.size(1200, 900);
      browser.call(
          "Page.navigate", Map.of("url", "http://127.0.0.1:%d/".formatted(service.port())));
      giveATokenThatIsWrongThenOneThatIsRight(browser);
      Path datasets = folder.resolve("service/datasets");
      uploadTexts(browser, datasets);
      trainOn(browser, "my_poem.txt");
      saveACheckpoint(browser);
      assertThat(browser.errors()).allMatch(error -> error.contains("401 (Unauthorized)"));
    }
  }

  private static void giveATokenThatIsWrongThenOneThatIsRight(Browser browser) throws IOException {
    browser.await("document.querySelector('form [name=token]') !== null");
    give(browser, "x".repeat(32));
    browser.await("document.querySelector('[data-refused]')?.textContent === 'Unknown token.'");
    assertThat(browser.evaluate("document.activeElement.name").asText()).isEqualTo("token");
    browser.screenshot(PICTURES.resolve("token-light.png"));
    give(browser, " " + TOKEN);
    browser.await("document.querySelector('main > table') !== null");
  }

  private static void give(Browser browser, String token) {
    browser.evaluate(
        """
        {
          const form = document.querySelector('form [name=token]').form;
          form.elements.token.value = '%s';
          form.querySelector('button').click();
        }
        """
            .formatted(token));
  }

  private static void uploadTexts(Browser browser, Path datasets) throws IOException {
    browser.evaluate("document.querySelector('[data-new]').click()");
    awaitTexts(browser, "text.txt");
    choose(browser, "my poem.txt", "'one\\n'");
    browser.await(
        "document.querySelector('[data-upload]').textContent.includes('corpus: my_poem.txt')");
    awaitTexts(browser, "my_poem.txt, text.txt");
    assertThat(datasets.resolve("my_poem.txt")).hasContent("one\n");

    browser.evaluate("window.confirm = () => false");
    choose(browser, "my poem.txt", "'two\\n'");
    browser.await(
        "document.querySelector('[data-upload]').textContent.includes('was not replaced')");
    assertThat(datasets.resolve("my_poem.txt")).hasContent("one\n");
    browser.evaluate("window.confirm = () => true");
    drop(browser, "my_poem.txt", "'to be or not to be\\n'.repeat(100)");
    browser.await(
        "document.querySelector('[data-upload]').textContent.includes('corpus: my_poem.txt')");
    assertThat(datasets.resolve("my_poem.txt")).content().startsWith("to be").hasSize(1900);

    choose(browser, "large.txt", "'x'.repeat(%d)".formatted(TestService.UPLOAD_BYTES + 1));
    browser.await(
        "document.querySelector('[data-upload]').textContent"
            + " === 'large.txt has 100,001 bytes: this service accepts at most 100,000.'");
    awaitTexts(browser, "my_poem.txt, text.txt");
    browser.screenshot(PICTURES.resolve("form-light.png"));
    browser.scheme("dark");
    browser.size(390, 844);
    browser.screenshot(PICTURES.resolve("form-phone.png"));
    assertThat(browser.evaluate("document.documentElement.scrollWidth").asInt()).isEqualTo(390);
  }

  private static void awaitTexts(Browser browser, String names) {
    browser.await(
        "[...document.querySelectorAll('[data-datasets] tr')].map((row) =>"
            + " row.cells[0].textContent)"
            + ".join(', ') === '%s'".formatted(names));
  }

  private static void choose(Browser browser, String name, String text) {
    withFile(
        browser,
        name,
        text,
        """
        const chooser = document.querySelector('[name=texts]');
        chooser.files = files.files;
        chooser.dispatchEvent(new Event('change'));
        """);
  }

  private static void drop(Browser browser, String name, String text) {
    withFile(
        browser,
        name,
        text,
        """
        document.querySelector('.drop').dispatchEvent(
          new DragEvent('drop', {dataTransfer: files, bubbles: true, cancelable: true}));
        """);
  }

  private static void withFile(Browser browser, String name, String text, String act) {
    browser.await("!document.querySelector('[name=texts]').disabled");
    browser.evaluate(
        """
        {
          document.querySelector('[data-upload]').textContent = '';
          const files = new DataTransfer();
          files.items.add(new File([%s], '%s'));
          %s
        }
        """
            .formatted(text, name, act));
  }

  private static void trainOn(Browser browser, String text) {
    String configuration = TestService.configuration(3).replace("text.txt", text);
    browser.evaluate(
        """
        {
          const form = document.querySelector('form [name=configuration]').form;
          form.elements.configuration.value = `%s`;
          form.querySelector('button').click();
        }
        """
            .formatted(configuration));
    browser.await("document.querySelector('[data-state]')?.textContent === 'succeeded'");
  }

  /** The name under which it is saved shows that it came: only then is a file made of it. */
  private static void saveACheckpoint(Browser browser) throws IOException {
    browser.await("document.querySelectorAll('[data-checkpoints] a').length === 3");
    assertThat(
            browser
                .evaluate("document.querySelector('[data-checkpoints] td').textContent")
                .asText())
        .isEqualTo("3.zip");
    browser.screenshot(PICTURES.resolve("checkpoints-phone.png"));
    assertThat(browser.evaluate("document.documentElement.scrollWidth").asInt()).isEqualTo(390);
    browser.evaluate(
        """
        {
          const link = document.querySelector('[data-checkpoints] a');
          HTMLAnchorElement.prototype.click = function () { window.saved = this.download; };
          link.dispatchEvent(new MouseEvent('click', {bubbles: true, cancelable: true}));
        }
        """);
    browser.await("/^small-[0-9a-z]{8}-3[.]zip$/.test(window.saved)");
  }
}
