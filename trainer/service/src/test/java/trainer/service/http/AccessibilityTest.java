package trainer.service.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.InputStream;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import trainer.service.database.TestDatabases;

/**
 * Every page and state, wide and on a phone, in light and dark colours: none has a serious or
 * critical finding of axe-core, and none is wider than the screen.
 */
@Tag("slow")
final class AccessibilityTest {
  /**
   * Defines {@code check}: by all rules, by those of sizes, or only by that of contrast. Contrast
   * is slow to check, and follows from colours and font, so a text is checked only if no text with
   * its look was checked before.
   */
  private static final String CHECK =
      """
      (() => {
        const checked = new Set();
        const rules = {
          all: {rules: {'target-size': {enabled: true}}},
          sizes: {runOnly: ['scrollable-region-focusable', 'target-size']},
          contrast: {runOnly: ['color-contrast']},
        };
        let known; // by element, within a check
        const surroundings = (element) => {
          if (!element) {
            return '';
          }
          if (!known.has(element)) {
            const {backgroundColor, backgroundImage, opacity, filter} = getComputedStyle(element);
            known.set(element, [backgroundColor, backgroundImage, opacity, filter, surroundings(element.parentElement)].join());
          }
          return known.get(element);
        };
        const look = (element) => {
          const {color, fontSize, fontWeight, textShadow} = getComputedStyle(element);
          const exempt = element.closest(':disabled, [aria-disabled=true], label:has(:disabled)') !== null;
          return [color, fontSize, fontWeight, textShadow, exempt, surroundings(element)].join();
        };
        const hasText = (element) => element.matches('input, select, textarea')
          || [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
        const run = async (context, options) =>
          (await axe.run(context, {resultTypes: ['violations'], preload: false, ...options})).violations;
        window.check = async (kind) => {
          known = new Map();
          const fresh = [...document.querySelectorAll('body *')].filter((element) =>
            hasText(element) && element.checkVisibility() && !checked.has(look(element)));
          const found = kind === 'contrast' ? [] : await run(document, rules[kind]);
          if (kind !== 'all' && fresh.length > 0) {
            found.push(...await run({include: fresh}, rules.contrast));
          }
          fresh.forEach((element) => checked.add(look(element)));
          return found
            .filter(({impact}) => ['serious', 'critical'].includes(impact))
            .flatMap(({id, nodes}) => nodes.map(({html, failureSummary}) => `${id}: ${html} ${failureSummary}`))
            .concat(document.documentElement.scrollWidth > innerWidth ? ['wider than the screen'] : []);
        };
      })()
      """;

  @TempDir private Path folder;

  private final List<String> findings = new ArrayList<>();
  private TestService service;
  private Browser browser;
  private String axe;

  @Test
  void noPageHasASeriousFinding() throws Exception {
    Optional<Path> program = Browser.find();
    assumeTrue(program.isPresent(), "no Chromium on this machine: the page is not tested");
    try (InputStream in = AccessibilityTest.class.getResourceAsStream("/axe.min.js")) {
      axe = new String(in.readAllBytes(), UTF_8);
    }
    String ended = endedRuns();
    try (TestService opened = TestService.open(folder);
        Browser shown = Browser.open(program.get())) {
      service = opened;
      browser = shown;
      JsonNode sweep = searchesModelsAndSchedules(ended);
      String running = service.submitted(5000);
      String queued = service.submitted(2);
      load();
      runsInOtherStates(running, queued); // first: this one grows
      runs(ended);
      List<String> trials = new ArrayList<>();
      sweep.path("table").forEach(trial -> trials.add(trial.path("run").asText()));
      aRun(ended, trials);
      models();
      sweeps(sweep.path("id").asText());
      schedulesAndWebhooks();
      operations();
      signIn();
    }
    assertThat(findings).isEmpty();
  }

  /** A run that succeeded, and one each that failed or was interrupted; returns the first. */
  private String endedRuns() throws SQLException {
    String succeeded;
    try (TestService first = TestService.open(folder)) {
      succeeded = first.submitted(20);
      for (int i = 0; i < 2; i++) {
        first.submitted(2);
      }
      for (JsonNode run : first.json("/api/v1/runs").path("runs")) {
        first.awaitState(run.path("id").asText(), "succeeded");
      }
    }
    try (Connection connection = DriverManager.getConnection(TestDatabases.sqlite(folder));
        Statement statement = connection.createStatement()) {
      statement.executeUpdate(
          "UPDATE runs SET state = 'failed', fails_again = TRUE, reason = 'the text is too short',"
              + " tags = 'night rates', note = 'a note' WHERE number = 2");
      statement.executeUpdate(
          "UPDATE runs SET state = 'interrupted', reason = 'its node died' WHERE number = 3");
    }
    return succeeded;
  }

  private JsonNode searchesModelsAndSchedules(String run) {
    service.post("/api/v1/webhooks", "{\"url\": \"http://localhost:1/\"}");
    ObjectNode schedule = new JsonMapper().createObjectNode().put("name", "nightly");
    schedule.put("cron", "30 3 * * *").put("model", "small");
    service.post(
        "/api/v1/schedules",
        schedule.put("configuration", TestService.configuration(2)).toString());
    service.post("/api/v1/schedules/nightly/trigger", "{}");
    String version = "{\"run\": \"%s\"}".formatted(run);
    service.post("/api/v1/models/small/versions", version);
    ObjectNode sweep = new JsonMapper().createObjectNode();
    sweep.withArray("vary").add("seed=1,2").add("training.batch_size=1,2");
    sweep.put("configuration", TestService.configuration(8));
    String path =
        "/api/v1/sweeps/"
            + TestService.json(service.post("/api/v1/sweeps", sweep.toString()))
                .path("id")
                .asText();
    TestService.await("end of the sweep", () -> !service.json(path).path("ended_at").isNull());
    TestService.await(
        "decision", () -> !service.json("/api/v1/models/small/history").path("history").isEmpty());
    return service.json(path);
  }

  private void load() {
    browser.call(
        "Page.navigate", Map.of("url", "http://127.0.0.1:%d/#/".formatted(service.port())));
    browser.await("document.querySelector('main h1') !== null");
    browser.evaluate(axe);
    browser.evaluate(CHECK);
  }

  /** Shows a place, and waits until a part of it is there. */
  private void open(String hash, String selector) {
    browser.evaluate(
        "document.getElementById('main').firstElementChild.dataset.old = '';"
            + " location.hash = '%s'".formatted(hash));
    await("!document.querySelector('[data-old]') && document.querySelector('%s')", selector);
  }

  private void await(String condition, String selector) {
    browser.await("Boolean(%s)".formatted(condition.formatted(selector)));
  }

  private void check(String what) {
    check(what, 1280, "light", "all");
    check(what, 1280, "dark", "contrast");
    check(what, 390, "dark", "contrast");
    check(what, 390, "light", "sizes");
  }

  private void check(String what, int width, String scheme, String kind) {
    browser.size(width, 900);
    browser.scheme(scheme);
    JsonNode found =
        browser
            .call(
                "Runtime.evaluate",
                Map.of(
                    "expression",
                    "check('%s')".formatted(kind),
                    "returnByValue",
                    true,
                    "awaitPromise",
                    true))
            .at("/result/value");
    assertThat(found.isArray()).as("%s, %d, %s: %s", what, width, scheme, found).isTrue();
    found.forEach(
        each -> findings.add("%s, %d, %s: %s".formatted(what, width, scheme, each.asText())));
  }

  private void runs(String run) {
    open("#/?state=failed", ".choices tbody td.name a");
    check("failed runs");
    open("#/", ".choices tbody tr:nth-child(3)");
    browser.click(".choices tbody input");
    check("runs");
    open("#/?q=nothing", ".empty:not([hidden])");
    check("no runs");
    open("#/?q=learnig_rate=1", "[data-search-refused]:not(:empty)");
    check("a wrong search");
    open("#/new/" + run, "[name=start] option:nth-child(2)");
    browser.evaluate(
        "{ const area = document.querySelector('[name=configuration]'); area.value = 'training:\\n  ma';"
            + " area.dispatchEvent(new Event('input')); }");
    await("document.querySelector('%s')", "#completions:not([hidden]) li");
    check("a new run");
  }

  private void aRun(String run, List<String> trials) {
    String place = "#/runs/" + run;
    open(place, "[data-grid] > section:nth-child(5) .u-over");
    browser.await("document.querySelector('[data-cards] div') !== null");
    check("a run");
    open(place + "/text", "[data-write]");
    browser.submit("[data-write]", Map.of("prime", "Zo", "characters", 60));
    await("document.querySelector('%s')", "[data-text] span:nth-child(62)");
    browser.evaluate("document.querySelector('[data-text]').focus()");
    browser.press("ArrowRight", 39);
    browser.press("ArrowRight", 39);
    check("text");
    open(place + "/inside", "[data-found]:not([hidden])");
    browser.submit("[data-look]", Map.of("text", "To be"));
    browser.awaitCount("[data-inside-text] span", 5);
    check("inside");
    open(place + "/samples", ".sample");
    check("samples");
    open(place + "/log", "[data-log]:not(:empty)");
    check("log");
    open(place + "/files", "[data-checkpoints] a");
    check("files");
    open(place + "/configuration", "[data-provenance] dd");
    check("configuration");
    open("#/compare/" + String.join(",", trials), "[data-configuration] tbody tr");
    check("compare");
    browser.evaluate(
        "{ const field = document.querySelector('[name=group]'); field.value = 'seed';"
            + " field.dispatchEvent(new Event('input')); }");
    browser.awaitText("[data-groups] tr", "batch_size=10.4069 nats0.02742");
    browser.await("/batch_size=1 .2./.test(document.querySelector('.u-legend').textContent)");
    check("groups of runs");
  }

  private void runsInOtherStates(String running, String queued) {
    for (String id : List.of(running, queued)) {
      open("#/runs/" + id, "[data-state]:not(:empty)");
      check(service.state(id));
    }
    for (String state : List.of("failed", "interrupted")) {
      String id = service.json("/api/v1/runs?state=" + state).at("/runs/0/id").asText();
      open("#/runs/" + id, "[data-notice]:not([hidden])");
      check(state);
    }
    open("#/runs/small-00000000", "[data-missing]");
    check("an unknown run");
  }

  private void models() {
    open("#/models", "tbody a");
    check("models");
    open("#/models/small", "[data-history] tr");
    check("a model");
    open("#/models/small/1", "[data-write]");
    check("a version");
  }

  private void sweeps(String id) {
    open("#/sweeps", "tbody a");
    check("sweeps");
    browser.evaluate("document.querySelector('details').open = true");
    check("a new sweep");
    open("#/sweeps/" + id, "[data-parallel] polyline");
    check("a sweep");
  }

  private void schedulesAndWebhooks() {
    open("#/schedules", "tbody a");
    browser.evaluate("document.querySelector('details').open = true");
    check("schedules");
    open("#/schedules/nightly", "[data-firings] tr");
    browser.evaluate("document.querySelectorAll('details').forEach((each) => each.open = true)");
    check("a schedule");
    open("#/webhooks", "[data-webhooks] tr");
    browser.evaluate("document.querySelector('details').open = true");
    browser.click("[data-webhooks] button");
    await("document.querySelector('%s')", "[data-deliveries] tbody tr");
    check("webhooks");
  }

  private void operations() {
    open("#/api", "[data-operations] section");
    browser.evaluate( // of all operations, those with the longest tables: axe-core takes seconds
        "{ const field = document.querySelector('[name=filter]'); field.value = 'sweep';"
            + " field.dispatchEvent(new Event('input')); }");
    check("API");
  }

  private void signIn() {
    browser.evaluate(
        "document.dispatchEvent(new CustomEvent('token-needed', {detail: 'Unknown token.'}))");
    check("sign-in");
  }
}
