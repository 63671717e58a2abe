package trainer.service.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import trainer.service.webhook.Event;

/** The files of the page, as far as they can be checked without a browser. */
final class PageTest {
  private static final Pattern LOCAL = Pattern.compile("(?:src|href)=\"(assets/[^\"]+)\"");
  private static final Pattern IMPORT = Pattern.compile("(?:from |import\\()\"\\./([^\"]+)\"");

  @TempDir private static Path folder;
  private static TestService service;

  @BeforeAll
  static void start() {
    service = TestService.open(folder);
  }

  @AfterAll
  static void stop() {
    service.close();
  }

  private static Set<String> matches(Pattern pattern, String text, String prefix) {
    return pattern
        .matcher(text)
        .results()
        .map(match -> prefix + match.group(1))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  @Test
  void everyFileThatIsNamedIsThereAndNoOther() {
    String page = service.get("/").body();
    Set<String> named = matches(LOCAL, page, "/");
    Set<String> found = new TreeSet<>();
    while (!found.containsAll(named)) {
      String path = named.stream().filter(name -> !found.contains(name)).findFirst().orElseThrow();
      HttpResponse<String> file = service.get(path);
      assertThat(file.statusCode()).as(path).isEqualTo(200);
      assertThat(file.headers().firstValue("Content-Type").orElse(""))
          .as(path)
          .startsWith(
              path.endsWith(".css")
                  ? "text/css"
                  : path.endsWith(".svg") ? "image/svg+xml" : "text/javascript");
      assertThat(file.headers().firstValue("Cache-Control").orElse("")).contains("immutable");
      found.add(path);
      if (!path.endsWith("/uplot.js")) {
        named.addAll(matches(IMPORT, file.body(), path.substring(0, path.lastIndexOf('/') + 1)));
      }
    }
    Set<String> served = new TreeSet<>();
    for (Route route : service.service().routes()) {
      if (route.path().startsWith("/assets/")) {
        served.add(route.path());
      }
    }
    assertThat(served).isEqualTo(named);
  }

  @Test
  void thePolicyOfThePageHoldsForIt() {
    HttpResponse<String> page = service.get("/");
    assertThat(page.headers().firstValue("Content-Type").orElse("")).startsWith("text/html");
    assertThat(page.body())
        .doesNotContainPattern("<script(?![^>]* src=)")
        .doesNotContain("<style")
        .doesNotContainPattern(" (style|on[a-z]+)=")
        .doesNotContain("//");
  }

  @Test
  void webhooksCanBeCreatedForEveryEvent() {
    String script =
        matches(LOCAL, service.get("/").body(), "/").stream()
            .filter(path -> path.endsWith("/webhooks.js"))
            .findFirst()
            .orElseThrow();
    for (Event event : Event.values()) {
      assertThat(service.get(script).body()).contains("\"%s\"".formatted(event.word()));
    }
  }

  /** Names, logs and samples are text, never markup. */
  @Test
  void scriptsMakeNoMarkupAndAskNobodyElse() {
    for (Route route : service.service().routes()) {
      if (route.path().matches("/assets/.*\\.js")
          && !route.path().matches(".*/(uplot|openapi|schema)\\.js")) { // a library, and data
        String text = service.get(route.path()).body();
        Matcher foreign =
            Pattern.compile("https?://|innerHTML|insertAdjacentHTML|eval\\(").matcher(text);
        assertThat(foreign.find()).as(route.path()).isFalse();
      }
    }
  }
}
