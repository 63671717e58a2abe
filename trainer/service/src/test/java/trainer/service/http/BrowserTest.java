package trainer.service.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** The page in a real browser, from submitting a run to writing with it. */
@Tag("slow")
final class BrowserTest {
  private static final Path PICTURES = Path.of("target/screenshots");

  // The browser may still write into its profile when it is deleted.
  @TempDir(cleanup = CleanupMode.NEVER)
  private Path folder;

  @Test
  void aRunIsSubmittedWatchedUsedAndCancelled() throws IOException {
    Optional<Path> program = Browser.find();
    assumeTrue(program.isPresent(), "no Chromium on this machine: the page is not tested");
    try (TestService service = TestService.open(folder);
        Browser browser = Browser.open(program.get(), folder.resolve("profile"))) {
      browser.size(1200, 900);
      open(browser, service, "");
      browser.await("!document.querySelector('.empty').hidden");
      browser.evaluate("document.querySelector('details').open = true");
      browser.await("document.querySelector('[data-datasets]').textContent === 'text.txt'");
      submit(browser, "first", 60);
      String first = browser.evaluate("location.hash").asText();

      browser.await("document.querySelector('[data-state]').textContent === 'succeeded'");
      TestService.await("whole curve", () -> points(browser) == 60);
      // Markup in a sample is text.
      browser.await("document.querySelector('.sample pre')?.textContent.startsWith('<b>')");
      browser.await("document.querySelector('[data-log]').textContent.startsWith('step 1\\n')");
      write(browser);
      browser.await("document.querySelector('[data-provenance]').textContent.includes('stand-in')");
      assertThat(
              browser
                  .evaluate(
                      "Chart.getChart(document.querySelector('[data-speed]')).data.datasets[0].data.length")
                  .asInt())
          .as("points of the speed")
          .isEqualTo(60);
      readTheCurveByKeyboard(browser);
      browser.screenshot(PICTURES.resolve("run-light.png"));
      browser.scheme("dark");
      browser.screenshot(PICTURES.resolve("run-dark.png"));
      browser.size(390, 844);
      browser.await("document.documentElement.scrollWidth === 390"); // the charts follow
      browser.screenshot(PICTURES.resolve("run-phone.png"));

      open(browser, service, "#/");
      submit(browser, "second", 2000);
      browser.await(
          "document.querySelector('[data-state]').textContent === 'running' &&"
              + " Chart.getChart(document.querySelector('canvas')).data.datasets[0].data.length >"
              + " 5");
      int before = points(browser);
      TestService.await("growing curve", () -> points(browser) > before);
      browser.evaluate("document.querySelector('[data-action=cancel]').click()");
      browser.await("document.querySelector('[data-state]').textContent === 'cancelled'");
      browser.await(
          "/Peak memory\\d+ MB/.test(document.querySelector('[data-resources]').textContent)");
      open(browser, service, "#/");
      browser.await("document.querySelectorAll('tbody tr').length === 2");
      browser.screenshot(PICTURES.resolve("list-phone.png"));
      assertNothingIsWiderThanThePhone(browser);
      browser.scheme("light");
      browser.size(1200, 900);
      browser.screenshot(PICTURES.resolve("list-light.png"));
      compareByKeyboard(browser);
      aSpreadsheetGetsNoFormulas(browser);
      browser.screenshot(PICTURES.resolve("compare-light.png"));
      browser.scheme("dark");
      browser.screenshot(PICTURES.resolve("compare-dark.png"));
      browser.size(390, 844);
      browser.await("document.documentElement.scrollWidth === 390"); // the chart follows
      browser.screenshot(PICTURES.resolve("compare-phone.png"));
      browser.scheme("light");
      nobodyAsksAgainForWhatDoesNotChange(browser, first);
    }
  }

  @Test
  void aModelIsPromotedRolledBackAndRetrained() throws IOException {
    Optional<Path> program = Browser.find();
    assumeTrue(program.isPresent(), "no Chromium on this machine: the page is not tested");
    try (TestService service = TestService.open(folder);
        Browser browser = Browser.open(program.get(), folder.resolve("profile"))) {
      browser.size(1200, 900);
      for (int steps : new int[] {3, 4}) {
        String id = service.submitted(steps);
        service.awaitState(id, "succeeded");
        browser.call(
            "Page.navigate",
            Map.of("url", "http://127.0.0.1:%d/#/runs/%s".formatted(service.port(), id)));
        browser.await("document.querySelector('[data-register]')?.hidden === false");
        browser.evaluate("document.querySelector('[data-register] button').click()");
        browser.await("location.hash === '#/models/small'");
      }
      browser.await("document.querySelectorAll('[data-versions] tr').length === 2");
      open(browser, service, "#/models");
      browser.await("document.querySelector('tbody a')?.textContent === 'small'");
      browser.evaluate("document.querySelector('tbody a').click()");
      browser.await("document.querySelectorAll('[data-versions] tr').length === 2");
      press(browser, "Promote version 1");
      browser.await("document.getElementById('message').textContent.startsWith('Enter a reason')");
      decide(browser, "Promote version 1", 1, 1);
      decide(browser, "Promote version 2", 2, 2);
      browser.evaluate("document.querySelector('[name=reason]').value = 'worse in use'");
      // A double click goes back once: the second would be refused, which is an error of the page.
      browser.evaluate("for (const i of [1, 2]) document.querySelector('[data-rollback]').click()");
      awaitChampion(browser, 1, 3);
      assertThat(browser.evaluate("document.getElementById('message').textContent").asText())
          .isEqualTo("The champion is again version 1.");
      browser.screenshot(PICTURES.resolve("model-light.png"));
      browser.scheme("dark");
      browser.size(390, 844);
      browser.screenshot(PICTURES.resolve("model-phone.png"));
      assertNothingIsWiderThanThePhone(browser);

      open(browser, service, "#/schedules");
      browser.await("!document.querySelector('.empty').hidden");
      browser.evaluate(
          """
          {
            document.querySelector('details').open = true;
            const form = document.querySelector('form');
            form.elements.name.value = 'nightly';
            form.elements.model.value = 'small';
            form.elements.configuration.value = `%s`;
            form.querySelector('button').click();
          }
          """
              .formatted(TestService.configuration(6)));
      browser.await("location.hash === '#/schedules/nightly'");
      browser.await("document.querySelector('[data-next]')?.textContent.startsWith('Next run')");
      browser.evaluate("document.querySelector('[data-action=trigger]').click()");
      browser.await("document.querySelector('[data-firings] .state')?.textContent === 'promoted'");
      browser.evaluate("document.querySelector('[data-action=pause]').click()");
      browser.await("document.querySelector('[data-next]').textContent.startsWith('Paused')");
      browser.screenshot(PICTURES.resolve("schedule-phone.png"));
      assertNothingIsWiderThanThePhone(browser);
      browser.scheme("light");
      browser.size(1200, 900);
      browser.screenshot(PICTURES.resolve("schedule-light.png"));
      open(browser, service, "#/schedules");
      browser.await("document.querySelector('tbody a')?.textContent === 'nightly'");
      browser.evaluate("document.querySelector('details').open = true");
      browser.screenshot(PICTURES.resolve("schedules-light.png"));
      assertThat(browser.errors()).isEmpty();
    }
  }

  private static void press(Browser browser, String label) {
    browser.evaluate("document.querySelector('[aria-label=\"%s\"]').click()".formatted(label));
  }

  private static void decide(Browser browser, String label, int champion, int decisions) {
    browser.evaluate("document.querySelector('[name=reason]').value = 'looks good'");
    press(browser, label);
    awaitChampion(browser, champion, decisions);
  }

  private static void awaitChampion(Browser browser, int champion, int decisions) {
    browser.await(
        "document.querySelector('[data-champion]').textContent.includes('version %d,')"
                .formatted(champion)
            + " && document.querySelectorAll('[data-history] tr').length === %d"
                .formatted(decisions)
            + " && document.querySelector('[aria-label=\"Promote version %d\"]') === null"
                .formatted(champion)
            + " && !document.querySelector('[data-rollback]').disabled");
  }

  private static void open(Browser browser, TestService service, String hash) {
    browser.call(
        "Page.navigate", Map.of("url", "http://127.0.0.1:%d/%s".formatted(service.port(), hash)));
    browser.await("document.querySelector('main > table') !== null");
  }

  /** As a person does: fill in the form, press the button; the page goes to the run. */
  private static void submit(Browser browser, String name, int steps) {
    String configuration = TestService.configuration(steps).replace("name: small\n", "");
    browser.evaluate(
        """
        {
          const form = document.querySelector('form');
          form.elements.name.value = '%s';
          form.elements.configuration.value = `%s`;
          form.querySelector('button').click();
        }
        """
            .formatted(name, configuration));
    browser.await("location.hash.startsWith('#/runs/%s-')".formatted(name));
    browser.await("document.querySelector('[data-state]') !== null");
  }

  private static int points(Browser browser) {
    return browser
        .evaluate("Chart.getChart(document.querySelector('canvas')).data.datasets[0].data.length")
        .asInt();
  }

  private static void write(Browser browser) {
    browser.evaluate(
        """
        {
          const form = document.querySelector('[data-write]');
          form.elements.prime.value = 'Once ';
          form.elements.characters.value = 3000;
          form.querySelector('button').click();
        }
        """);
    browser.await("document.querySelector('[data-write] button').textContent === 'Stop'");
    browser.await("document.querySelector('[data-write] button').textContent === 'Generate'");
    assertThat(browser.evaluate("document.querySelector('[data-text]').textContent").asText())
        .startsWith("Once abcdef")
        .hasSize("Once ".length() + 3000);
  }

  /** The chart has the focus; the arrow keys go from point to point. */
  private static void readTheCurveByKeyboard(Browser browser) {
    browser.evaluate("document.querySelector('canvas').focus()");
    browser.press("ArrowRight", 39);
    browser.press("ArrowRight", 39);
    assertThat(browser.evaluate("document.querySelector('.point').textContent").asText())
        .contains("iterations 2: training 1.5")
        .contains("validation 1.55");
    browser.evaluate("document.activeElement.blur()");
  }

  /** With the keys alone: choose both runs, go to the button, press it, show all keys. */
  private static void compareByKeyboard(Browser browser) {
    browser.evaluate("document.querySelector('tbody input').focus()");
    browser.press(" ", 32);
    browser.press("Tab", 9); // the run
    browser.press("Tab", 9); // the next box
    browser.press(" ", 32);
    browser.press("Tab", 9);
    browser.press("Tab", 9);
    assertThat(browser.evaluate("document.activeElement.textContent").asText())
        .isEqualTo("Compare 2");
    browser.press("Enter", 13);
    browser.await(
        "document.querySelector('[data-configuration] tbody')?.rows.length === 2"
            + " && Chart.getChart(document.querySelector('canvas')).data.datasets.length === 2");
    assertThat(browser.evaluate("document.activeElement.id").asText()).isEqualTo("main");
    assertThat(
            browser
                .evaluate(
                    "[...document.querySelectorAll('[data-configuration] tbody th')].map(cell =>"
                        + " cell.textContent).join()")
                .asText())
        .isEqualTo("name,training.max_iterations");
    assertThat(
            browser
                .evaluate(
                    "new Set(Chart.getChart(document.querySelector('canvas')).data.datasets.map(set"
                        + " => set.borderColor)).size")
                .asInt())
        .as("colours")
        .isEqualTo(2);
    browser.evaluate("document.querySelector('[name=differences]').focus()");
    browser.press(" ", 32);
    browser.await("document.querySelector('[data-configuration] tbody').rows.length > 30");
    browser.press(" ", 32);
    browser.await("document.querySelector('[data-configuration] tbody').rows.length === 2");
  }

  private static void aSpreadsheetGetsNoFormulas(Browser browser) {
    browser.evaluate(
        """
        import(document.querySelector('link[href$="/compare.js"]').href).then(({csv}) => {
          const values = ['=1+1', '+1+1', '-1+1', '@a', '-1.5e-3', '+2', 'a"=b'];
          window.saved = csv({runs: [{id: '-a-12345678', state: 'queued'}], configuration: [{key: 'k', values}]});
        });
        """);
    browser.await("window.saved !== undefined");
    assertThat(browser.evaluate("window.saved").asText())
        .startsWith("\"key\",\"'-a-12345678\"\n")
        .endsWith("\"k\",\"'=1+1\",\"'+1+1\",\"'-1+1\",\"'@a\",\"-1.5e-3\",\"+2\",\"a\"\"=b\"\n");
  }

  /** After the end of a run, and where there is none, there is nothing to look for. */
  private static void nobodyAsksAgainForWhatDoesNotChange(Browser browser, String ended) {
    browser.evaluate(
        """
        window.pauses = [];
        const wait = window.setTimeout;
        window.setTimeout = (act, pause) => {
          window.pauses.push(pause);
          return wait(act, pause);
        };
        location.hash = '%s';
        """
            .formatted(ended));
    browser.await("document.querySelectorAll('[data-checkpoints] a').length === 60");
    // Another look would be told by now.
    assertThat(browser.evaluate("window.pauses.filter((pause) => [1500, 5000].includes(pause))"))
        .isEmpty();
    assertThat(browser.errors()).isEmpty();
    browser.evaluate("window.pauses.length = 0; location.hash = '#/runs/small-00000000'");
    browser.await("document.getElementById('message').textContent.startsWith('there is no run')");
    assertThat(browser.evaluate("window.pauses.filter((pause) => [1500, 5000].includes(pause))"))
        .isEmpty();
  }

  private static void assertNothingIsWiderThanThePhone(Browser browser) {
    assertThat(
            browser
                .evaluate(
                    "document.documentElement.scrollWidth - document.documentElement.clientWidth")
                .asInt())
        .isZero();
  }
}
