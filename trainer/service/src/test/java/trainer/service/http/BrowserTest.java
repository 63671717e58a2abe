package trainer.service.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The page in a real browser. Each test is one session, divided into steps. */
@Tag("slow")
final class BrowserTest {
  private static final Path PICTURES = Path.of("target/screenshots");
  private static final String CHART = ".u-over"; // the first: the loss

  @TempDir private Path folder;

  private TestService service;
  private Browser browser;

  @BeforeEach
  void start() throws IOException {
    Optional<Path> program = Browser.find();
    assumeTrue(program.isPresent(), "no Chromium on this machine: the page is not tested");
    service = TestService.open(folder);
    browser = Browser.open(program.get());
    browser.size(1200, 900);
  }

  @AfterEach
  void stop() {
    if (browser != null) {
      browser.close();
    }
    if (service != null) {
      service.close();
    }
  }

  @Test
  void aRunIsSubmittedWatchedUsedAndCancelled() throws IOException {
    String first = submitTheFirstRun();
    watchItToItsEnd();
    readTheCurveByKeyboard();
    chooseTabsByKeyboard();
    generateText();
    takePicturesOfTheRun();
    labelIt();
    watchASecondRunAndCancelIt();
    takePicturesOfTheList();
    searchRuns();
    chooseColumns();
    compareByKeyboard();
    aSpreadsheetGetsNoFormulas();
    curvesOfAGroupAreOne();
    takePicturesOfTheComparison();
    anEndedRunIsNotPolled(first);
  }

  private String submitTheFirstRun() {
    open("");
    browser.await("!document.querySelector('.empty').hidden");
    browser.click("[data-new]");
    browser.awaitText("[data-datasets] td", "text.txt");
    completeKeysByKeyboard();
    submitRun("first", 60);
    return browser.evaluate("location.hash").asText();
  }

  private void completeKeysByKeyboard() {
    complete("model:\\n  layers:\\n    - {type: gr", "graves_lstm");
    browser.press("ArrowDown", 40);
    browser.press("ArrowDown", 40);
    browser.press("Enter", 13);
    browser.await("document.querySelector('#new-run textarea').value.endsWith('{type: gru')");
    complete("training:\\n  optimizer: {type: adam, lear", "learning_rate: ");
    assertThat(browser.text("#completions")).contains("learning rate, before the schedule");
    complete("training:\\n  batch_", "batch_size: ");
    assertThat(browser.text("#completions")).contains("default 64");
    browser.press("Escape", 27);
    browser.await("document.getElementById('completions').hidden");
    complete("training: 7 opti", null);
  }

  /** Types a text and waits for the first completion; null: none is offered. */
  private void complete(String typed, String first) {
    browser.evaluate(
        "{ const area = document.querySelector('#new-run textarea'); area.focus(); area.value = '%s';"
                .formatted(typed)
            + " area.setSelectionRange(area.value.length, area.value.length);"
            + " area.dispatchEvent(new Event('input', {bubbles: true})); }");
    if (first == null) {
      browser.await("document.getElementById('completions').hidden");
    } else {
      browser.awaitText("#completions:not([hidden]) li code", first);
    }
  }

  private void watchItToItsEnd() {
    browser.awaitText("[data-state]", "succeeded");
    TestService.await("whole curve", () -> lastOfTheCurve() == 60);
    browser.awaitStart(".sample pre", "<b>"); // markup in a sample is text
    browser.awaitStart("[data-log]", "step 1\\n");
    browser.await("document.querySelector('[data-provenance]').textContent.includes('stand-in')");
    browser.await("document.querySelectorAll('[data-grid] > section:not([hidden])').length >= 5");
    assertThat(browser.text("[data-cards]"))
        .contains("Best validation loss0.0517 nats", "iteration 60", "1,000 chars/s");
  }

  /** Arrow keys, Home and End; the address names the tab, also after a reload. */
  private void chooseTabsByKeyboard() {
    browser.evaluate("document.getElementById('tab-overview').focus()");
    browser.press("ArrowRight", 39);
    assertTab("Text", "/text");
    browser.press("End", 35);
    assertTab("Configuration", "/configuration");
    browser.press("ArrowRight", 39);
    assertTab("Overview", "");
    browser.press("ArrowLeft", 37);
    browser.call("Page.reload", Map.of());
    browser.await("document.getElementById('panel-configuration')?.hidden === false");
    assertTab("Configuration", "/configuration");
    browser.evaluate("document.querySelector('[aria-selected=true]').focus()");
    browser.press("Home", 36);
    browser.press("ArrowRight", 39);
    browser.await("document.querySelector('[data-write]') !== null");
  }

  private void assertTab(String name, String address) {
    assertThat(browser.text("[aria-selected=true]")).isEqualTo(name);
    assertThat(browser.evaluate("location.hash").asText())
        .matches("#/runs/first-[0-9a-z]{8}" + address);
    assertThat(
            browser.evaluate("document.querySelectorAll('[role=tabpanel]:not([hidden])').length"))
        .hasToString("1");
  }

  private void takePicturesOfTheRun() throws IOException {
    browser.screenshot(PICTURES.resolve("run-text-light.png"));
    browser.click("#tab-overview");
    browser.screenshot(PICTURES.resolve("run-light.png"));
    browser.scheme("dark");
    browser.screenshot(PICTURES.resolve("run-dark.png"));
    usePhone();
    browser.screenshot(PICTURES.resolve("run-phone.png"));
    String hash = browser.evaluate("location.hash").asText();
    navigate("#/webhooks");
    navigate(hash + "/configuration");
    browser.await(
        "document.getElementById('tab-configuration')?.getBoundingClientRect().right <= 390");
    navigate(hash);
    browser.await(
        "document.getElementById('tab-overview')?.ariaSelected === 'true'"
            + " && document.querySelector('[data-labels]').dataset.shown !== undefined");
  }

  private void watchASecondRunAndCancelIt() {
    open("#/");
    submitRun("second", 2000);
    browser.awaitText("[data-state]", "running");
    TestService.await("curve", () -> lastOfTheCurve() > 5);
    int before = lastOfTheCurve();
    TestService.await("growing curve", () -> lastOfTheCurve() > before);
    browser.click("[data-action=cancel]");
    browser.awaitText("[data-state]", "cancelled");
    browser.await(
        "/Peak memory\\d+ MB/.test(document.querySelector('[data-resources]').textContent)");
  }

  private void takePicturesOfTheList() throws IOException {
    open("#/");
    browser.awaitCount("tbody tr", 2);
    browser.screenshot(PICTURES.resolve("list-phone.png"));
    assertFitsThePhone();
    browser.scheme("light");
    browser.size(1200, 900);
    browser.screenshot(PICTURES.resolve("list-light.png"));
  }

  private void takePicturesOfTheComparison() throws IOException {
    browser.screenshot(PICTURES.resolve("compare-light.png"));
    browser.scheme("dark");
    browser.screenshot(PICTURES.resolve("compare-dark.png"));
    usePhone();
    browser.screenshot(PICTURES.resolve("compare-phone.png"));
    browser.scheme("light");
  }

  @Test
  void aModelIsPromotedRolledBackAndRetrained() throws IOException {
    registerTwoVersions();
    promoteBothAndRollBack();
    takePicturesOfTheModel();
    createASchedule();
    triggerAndPauseIt();
    changeIt();
    takePicturesOfSchedules();
    submitASweep();
    takePicturesOfTheSweep();
    deleteAVersionAndTheModel();
    assertThat(browser.errors()).isEmpty();
  }

  private void registerTwoVersions() {
    for (int steps : new int[] {3, 4}) {
      String id = service.submitted(steps);
      service.awaitState(id, "succeeded");
      navigate("#/runs/" + id);
      browser.await("document.querySelector('[data-register]')?.hidden === false");
      browser.click("[data-register] button");
      browser.await("location.hash === '#/models/small'");
    }
    browser.awaitCount("[data-versions] tr", 2);
  }

  private void promoteBothAndRollBack() {
    open("#/models");
    browser.awaitText("tbody a", "small");
    browser.click("tbody a");
    browser.awaitCount("[data-versions] tr", 2);
    promote(1);
    browser.awaitStart("#message", "Enter a reason");
    giveReason("looks good");
    promote(1);
    awaitChampion(1, 1);
    giveReason("looks good");
    promote(2);
    awaitChampion(2, 2);
    giveReason("worse in use");
    // A double click rolls back once: a second request would be refused, an error of the page.
    browser.evaluate("for (const i of [1, 2]) document.querySelector('[data-rollback]').click()");
    awaitChampion(1, 3);
    assertThat(browser.text("#message")).isEqualTo("The champion is again version 1.");
  }

  private void promote(int version) {
    browser.click("[aria-label=\"Promote version %d\"]".formatted(version));
  }

  private void giveReason(String reason) {
    browser.evaluate("document.querySelector('[name=reason]').value = '%s'".formatted(reason));
  }

  private void awaitChampion(int champion, int decisions) {
    browser.await(
        "document.querySelector('[data-cards]').textContent.startsWith('champion, version %d')"
            .formatted(champion));
    browser.awaitCount("[data-history] tr", decisions);
    browser.awaitCount("[aria-label=\"Promote version %d\"]".formatted(champion), 0);
    browser.await("!document.querySelector('[data-rollback]').disabled");
  }

  private void takePicturesOfTheModel() throws IOException {
    browser.screenshot(PICTURES.resolve("model-light.png"));
    browser.scheme("dark");
    browser.size(390, 844);
    browser.screenshot(PICTURES.resolve("model-phone.png"));
    assertFitsThePhone();
  }

  private void createASchedule() {
    open("#/schedules");
    browser.await("!document.querySelector('.empty').hidden");
    browser.evaluate("document.querySelector('details').open = true");
    browser.submit(
        "form",
        Map.of("name", "nightly", "model", "small", "configuration", TestService.configuration(6)));
    browser.await("location.hash === '#/schedules/nightly'");
    browser.awaitStart("[data-next]", "Next run");
  }

  private void triggerAndPauseIt() {
    browser.click("[data-action=trigger]");
    browser.awaitText("[data-firings] .state", "promoted");
    browser.click("[data-action=pause]");
    browser.awaitStart("[data-next]", "Paused");
  }

  private void changeIt() {
    browser.evaluate("document.querySelector('[data-change]').open = true");
    browser.await("document.querySelector('form').elements.configuration.value !== ''");
    assertThat(browser.evaluate("document.querySelector('form').elements.keep_runs.value").asText())
        .isEqualTo("5");
    browser.submit("form", Map.of("keep_runs", "7", "margin", "0.25"));
    browser.await("document.querySelector('[data-plan]').textContent.includes('Runs kept7')");
    JsonNode plan = service.json("/api/v1/schedules/nightly");
    assertThat(plan.path("margin").asDouble()).isEqualTo(0.25);
    assertThat(plan.path("paused").asBoolean()).isTrue();
  }

  private void deleteAVersionAndTheModel() {
    browser.evaluate("window.confirm = () => true");
    open("#/models");
    browser.awaitText("tbody a", "small");
    browser.click("tbody a");
    browser.await("document.querySelectorAll('[data-versions] tr').length > 2");
    browser.click("[aria-label=\"Delete version 2\"]");
    browser.await(
        "document.querySelector('[data-versions]').textContent.includes('files deleted')");
    browser.click("[data-delete]");
    browser.await("location.hash === '#/models'");
    browser.await("document.querySelector('.empty')?.hidden === false");
  }

  private void takePicturesOfSchedules() throws IOException {
    browser.screenshot(PICTURES.resolve("schedule-phone.png"));
    assertFitsThePhone();
    browser.scheme("light");
    browser.size(1200, 900);
    browser.screenshot(PICTURES.resolve("schedule-light.png"));
    open("#/schedules");
    browser.awaitText("tbody a", "nightly");
    browser.evaluate("document.querySelector('details').open = true");
    browser.screenshot(PICTURES.resolve("schedules-light.png"));
  }

  private void submitASweep() {
    open("#/sweeps");
    browser.await("!document.querySelector('.empty').hidden");
    browser.evaluate("document.querySelector('details').open = true");
    browser.submit(
        "form",
        Map.of(
            "vary",
            "seed=1,2\\ntraining.batch_size=1,2",
            "configuration",
            TestService.configuration(4)));
    browser.await("/^#.sweeps.sweep_/.test(location.hash)");
    browser.awaitText("[data-state]", "succeeded");
    browser.awaitCount("[data-trials] tbody tr", 4);
    browser.awaitCount("[data-parallel] polyline", 4);
    assertThat(browser.text("[data-trials] tbody tr")).contains("finished", "0.7750 nats");
    assertThat(browser.text("[data-importance]")).startsWith("seed100 %");
    browser.click("[name=seeds]");
    browser.await("/batch_size=1 .2./.test(document.querySelector('.u-legend').textContent)");
  }

  private void takePicturesOfTheSweep() throws IOException {
    browser.screenshot(PICTURES.resolve("sweep-light.png"));
    browser.scheme("dark");
    browser.size(390, 844);
    browser.screenshot(PICTURES.resolve("sweep-phone.png"));
    assertFitsThePhone();
    browser.scheme("light");
    browser.size(1200, 900);
  }

  private void navigate(String hash) {
    browser.call(
        "Page.navigate", Map.of("url", "http://127.0.0.1:%d/%s".formatted(service.port(), hash)));
  }

  private void open(String hash) {
    navigate(hash);
    browser.await("document.querySelector('main > table') !== null");
  }

  private void submitRun(String name, int steps) {
    String configuration = TestService.configuration(steps).replace("name: small\n", "");
    browser.submit("form", Map.of("name", name, "configuration", configuration));
    browser.await("location.hash.startsWith('#/runs/%s-')".formatted(name));
    browser.await("document.querySelector('[data-state]') !== null");
  }

  /** The last iteration of the loss, read by keyboard; 0: there is none. */
  private int lastOfTheCurve() {
    browser.evaluate("document.querySelector('%s')?.focus()".formatted(CHART));
    browser.press("End", 35);
    String read =
        browser
            .evaluate("document.querySelector('[data-grid] [aria-live]')?.textContent ?? ''")
            .asText();
    Matcher iteration = Pattern.compile("iteration ([0-9,]+): ").matcher(read);
    return iteration.lookingAt() ? Integer.parseInt(iteration.group(1).replace(",", "")) : 0;
  }

  private void generateText() {
    browser.submit("[data-write]", Map.of("prime", "Once ", "characters", 3000));
    browser.awaitText("[data-write] button", "Stop");
    browser.awaitText("[data-write] button", "Generate");
    assertThat(browser.text("[data-text]"))
        .startsWith("Once abcdef")
        .hasSize("Once ".length() + 3000);
  }

  /** Arrow keys read what was measured there, and nothing else; plus and 0 zoom. */
  private void readTheCurveByKeyboard() {
    browser.evaluate(
        "{ const field = document.querySelector('[name=smoothing]'); field.value = '0';"
            + " field.dispatchEvent(new Event('input')); }");
    browser.evaluate("document.querySelector('%s').focus()".formatted(CHART));
    TestService.await(
        "values as they are",
        () -> {
          browser.press("Home", 36);
          return read().equals("iteration 1: training 3.0000 nats");
        });
    browser.press("ArrowRight", 39);
    assertThat(read()).isEqualTo("iteration 2: training 1.5000 nats, validation 1.5500 nats");
    browser.press("+", 187);
    browser.press("End", 35);
    assertThat(read()).matches("iteration [12][0-9]: .*");
    browser.press("0", 48);
    browser.press("End", 35);
    assertThat(read()).startsWith("iteration 60: ");
    browser.evaluate("document.activeElement.blur()");
  }

  private String read() {
    return browser.text("[data-grid] [aria-live]");
  }

  private void labelIt() {
    browser.submit("[data-label]", Map.of("tags", "baseline cells", "note", "the first"));
    browser.awaitText("[data-labels]", "baselinecellsthe first");
  }

  private void searchRuns() {
    browser.evaluate(
        "{ const field = document.querySelector('[name=q]');"
            + " field.value = 'tag=cells max_iterations < 100';"
            + " field.dispatchEvent(new Event('input', {bubbles: true})); }");
    browser.awaitCount(".choices tbody tr", 1);
    browser.awaitText(".choices tbody .name a", "first");
    assertThat(browser.evaluate("location.hash").asText()).contains("q=tag%3Dcells");
    open("#/");
    browser.awaitCount(".choices tbody tr", 2);
  }

  /**
   * While nothing answers, nothing looks as if it were of now; a wrong search stays below the
   * field.
   */
  @Test
  void aServiceThatIsGoneIsSaid() {
    open("");
    browser.await("document.querySelector('.empty')?.hidden === false");
    browser.call("Network.enable", Map.of());
    offline(true);
    browser.awaitStart("#gone", "The service does not answer; retrying");
    browser.await("document.getElementById('main').classList.contains('stale')");
    offline(false);
    browser.await("document.getElementById('gone').hidden");
    assertThat(browser.evaluate("document.getElementById('main').className").asText()).isEmpty();
    String id = service.submitted(1); // has no validation loss, which is what is drawn first
    open("#/?q=learnig_rate=1");
    browser.awaitStart("[data-search-refused]", "no run has the key");
    service.awaitState(id, "succeeded");
    offline(true);
    navigate("#/compare/" + id);
    browser.await("!document.getElementById('gone').hidden");
    offline(false);
    browser.awaitCount("[data-configuration] thead th", 2);
  }

  /** A notice takes the place of the view, and nothing is polled. */
  @Test
  void whatIsNotThereIsSaid() {
    open("");
    browser.await("document.querySelector('.empty')?.hidden === false");
    Map<String, String> notices =
        Map.of(
            "#/runs/none-00000000", "there is no run 'none-00000000'",
            "#/compare/none-00000000,none-00000001", "there is no run 'none-00000000'",
            "#/models/none", "there is no model 'none'",
            "#/models/none/1", "there is no model 'none': register a run as its first version",
            "#/sweeps/sweep_00000000", "there is no sweep 'sweep_00000000'",
            "#/schedules/none", "there is no schedule 'none'");
    notices.forEach(
        (address, notice) -> {
          navigate(address);
          browser.awaitText("[data-missing]", notice.replace("'", "\\'"));
          assertThat(browser.evaluate("document.querySelectorAll('#main button').length").asInt())
              .isZero();
        });
    browser.await("document.getElementById('message').textContent === ''");
  }

  private void offline(boolean value) {
    browser.call(
        "Network.emulateNetworkConditions",
        Map.of("offline", value, "latency", 0, "downloadThroughput", -1, "uploadThroughput", -1));
  }

  @Test
  void runsThatDidNotSucceedSayWhatIsNext() throws IOException {
    String running = service.submitted(5000);
    service.awaitState(running, "running");
    String queued = service.submitted(2);
    navigate("#/runs/" + queued);
    browser.awaitText("[data-notice] h2", "Next in the queue");
    browser.screenshot(PICTURES.resolve("queued-light.png"));
    assertThat(browser.evaluate("document.querySelector('[data-charts]').hidden").asBoolean())
        .isTrue();
    service.post("/api/v1/runs/" + running + "/cancel", "");
    service.awaitState(queued, "succeeded");
    browser.await("document.querySelector('[data-notice]').hidden");
    navigate("#/webhooks");
    browser.await("document.querySelector('.empty')?.hidden === false");
    browser.submit("form", Map.of("url", "http://localhost:1/"));
    browser.awaitCount("[data-webhooks] tr", 1);
    assertThat(browser.text("[data-secret] pre")).isNotEmpty();
    browser.screenshot(PICTURES.resolve("webhooks-light.png"));
    assertThat(browser.errors()).isEmpty();
  }

  /** With the keyboard alone: select both runs, press the button, show all keys. */
  private void compareByKeyboard() {
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
            + " && document.querySelectorAll('[data-overlay] .u-legend .u-series').length === 3");
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
                    "new Set([...document.querySelectorAll('[data-figures] [aria-hidden]')].map(mark"
                        + " => getComputedStyle(mark).color)).size")
                .asInt())
        .as("colours")
        .isEqualTo(2);
    browser.evaluate("document.querySelector('[name=differences]').focus()");
    browser.press(" ", 32);
    browser.await("document.querySelector('[data-configuration] tbody').rows.length > 30");
    browser.press(" ", 32);
    browser.await("document.querySelector('[data-configuration] tbody').rows.length === 2");
  }

  /** The browser remembers them. */
  private void chooseColumns() {
    String speed = "document.querySelector('.choices %s:nth-child(9)')";
    browser.evaluate(
        "[...document.querySelectorAll('[data-columns] label')]"
            + ".find(({textContent}) => textContent === ' Speed').firstChild.click()");
    browser.await(speed.formatted("td") + ".hidden");
    browser.call("Page.reload", Map.of());
    browser.await(speed.formatted("td") + "?.hidden === true");
    assertThat(browser.evaluate(speed.formatted("th") + ".textContent").asText())
        .isEqualTo("Speed");
    assertThat(browser.evaluate(speed.formatted("th") + ".hidden").asBoolean()).isTrue();
    browser.awaitCount(".choices tbody tr", 2);
  }

  /** From where both begin to where the first ends, straight between their points. */
  private void curvesOfAGroupAreOne() {
    browser.evaluate(
        """
        import(document.querySelector('link[href$="/groups.js"]').href).then(({grouped}) => {
          window.groups = JSON.stringify(grouped([
            {name: 'a', xs: [1, 3], ys: [2, 4]},
            {name: 'a', xs: [2, 3, 4], ys: [1, 4, 0]},
            {name: 'a', xs: [], ys: []},
            {name: 'b', xs: [5], ys: [6]},
          ]), (key, value) => typeof value === 'number' ? Number(value.toFixed(4)) : value);
        });
        """);
    browser.await("window.groups !== undefined");
    assertThat(browser.evaluate("window.groups").asText())
        .isEqualTo(
            "[{\"name\":\"a\",\"size\":2,\"xs\":[2,3],\"ys\":[2,4],"
                + "\"band\":{\"least\":[0.5858,4],\"greatest\":[3.4142,4]}},"
                + "{\"name\":\"b\",\"size\":1,\"xs\":[5],\"ys\":[6]}]");
  }

  private void aSpreadsheetGetsNoFormulas() {
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

  /** Neither an ended nor an unknown run is polled. */
  private void anEndedRunIsNotPolled(String ended) {
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
    // Another poll would have been scheduled by now.
    assertThat(browser.evaluate("window.pauses.filter((pause) => [1500, 5000].includes(pause))"))
        .isEmpty();
    assertThat(browser.errors()).isEmpty();
    browser.evaluate("window.pauses.length = 0; location.hash = '#/runs/small-00000000'");
    browser.awaitText("[data-missing]", "there is no run \\'small-00000000\\'");
    assertThat(browser.evaluate("window.pauses.filter((pause) => [1500, 5000].includes(pause))"))
        .isEmpty();
  }

  private void usePhone() {
    browser.size(390, 844);
    browser.await("document.documentElement.scrollWidth === 390"); // charts have been resized
  }

  private void assertFitsThePhone() {
    assertThat(
            browser
                .evaluate(
                    "document.documentElement.scrollWidth - document.documentElement.clientWidth")
                .asInt())
        .isZero();
  }
}
