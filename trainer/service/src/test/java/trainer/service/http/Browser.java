package trainer.service.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/**
 * A page in a headless Chromium, driven by its debugging protocol. All pages of a process are of
 * one Chromium, whose start takes 5 processor-seconds; each has storage of its own.
 */
final class Browser implements AutoCloseable {
  private static final JsonMapper JSON = new JsonMapper();
  private static final List<String> NAMES =
      List.of("chromium", "chromium-browser", "google-chrome", "google-chrome-stable");
  private static final long SECONDS = 60;

  private static Browser program; // once started: its connection has no page

  private final URI address;
  private final String context; // with the storage of the page
  private final WebSocket socket;
  private final AtomicInteger number = new AtomicInteger();
  private final Map<Integer, CompletableFuture<JsonNode>> answers = new ConcurrentHashMap<>();
  private final List<String> errors = new CopyOnWriteArrayList<>();

  private Browser(URI address, String context) {
    this.address = address;
    this.context = context;
    this.socket =
        HttpClient.newHttpClient()
            .newWebSocketBuilder()
            .buildAsync(address, new Messages())
            .orTimeout(SECONDS, TimeUnit.SECONDS)
            .join();
  }

  /** The installed browser, if any. */
  static Optional<Path> find() {
    return Stream.of(System.getenv("PATH").split(":"))
        .flatMap(folder -> NAMES.stream().map(name -> Path.of(folder, name)))
        .filter(Files::isExecutable)
        .findFirst();
  }

  /** Opens an empty page. */
  static synchronized Browser open(Path installed) throws IOException {
    if (program == null) {
      program = start(installed);
    }
    String context =
        program.call("Target.createBrowserContext", Map.of()).path("browserContextId").asText();
    String page =
        program
            .call("Target.createTarget", Map.of("url", "about:blank", "browserContextId", context))
            .path("targetId")
            .asText();
    Browser opened = new Browser(program.address.resolve("/devtools/page/" + page), context);
    for (String domain : List.of("Runtime", "Log", "Page")) {
      opened.call(domain + ".enable", Map.of());
    }
    opened.call("Emulation.setFocusEmulationEnabled", Map.of("enabled", true));
    return opened;
  }

  private static Browser start(Path installed) throws IOException {
    Path profile = Files.createTempDirectory("chromium");
    Process process =
        new ProcessBuilder(
                installed.toString(),
                "--headless",
                "--no-sandbox", // a container's root cannot have one
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--no-first-run",
                "--disable-extensions",
                "--disable-background-networking",
                "--disable-component-update",
                "--remote-debugging-port=0",
                "--user-data-dir=" + profile,
                "about:blank")
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    Runtime.getRuntime().addShutdownHook(new Thread(() -> end(process)));
    Path active = profile.resolve("DevToolsActivePort");
    TestService.await("debugging port", () -> active.toFile().length() > 0); // made, then written
    List<String> lines = Files.readAllLines(active); // port and path
    return new Browser(
        URI.create("ws://127.0.0.1:%s%s".formatted(lines.get(0), lines.get(1))), null);
  }

  private static void end(Process process) {
    process.destroy();
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** Parses the messages of the browser. */
  private final class Messages implements WebSocket.Listener {
    private final StringBuilder text = new StringBuilder();

    @Override
    public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
      text.append(data);
      if (last) {
        take(text.toString());
        text.setLength(0);
      }
      from.request(1);
      return null;
    }
  }

  private void take(String text) {
    try {
      JsonNode message = JSON.readTree(text);
      if (message.has("id")) {
        answers.remove(message.path("id").asInt()).complete(message);
      } else if (message.path("method").asText().equals("Runtime.exceptionThrown")
          || message.at("/params/entry/level").asText().equals("error")) {
        errors.add(message.path("params").toString());
      }
    } catch (IOException e) {
      errors.add(e.toString());
    }
  }

  JsonNode call(String method, Map<String, ?> parameters) {
    int id = number.incrementAndGet();
    ObjectNode message = JSON.createObjectNode();
    message.put("id", id);
    message.put("method", method);
    message.set("params", JSON.valueToTree(parameters));
    CompletableFuture<JsonNode> answer = new CompletableFuture<>();
    answers.put(id, answer);
    socket.sendText(message.toString(), true).join();
    JsonNode result = answer.orTimeout(SECONDS, TimeUnit.SECONDS).join();
    if (result.has("error") || result.at("/result/exceptionDetails").isObject()) {
      throw new AssertionError(method + " " + parameters + ": " + result);
    }
    return result.path("result");
  }

  /** Evaluates JavaScript. */
  JsonNode evaluate(String script) {
    return call("Runtime.evaluate", Map.of("expression", script, "returnByValue", true))
        .at("/result/value");
  }

  void await(String condition) {
    TestService.await(condition, () -> evaluate(condition).asBoolean());
  }

  void click(String selector) {
    evaluate("document.querySelector('%s').click()".formatted(selector));
  }

  String text(String selector) {
    return evaluate("document.querySelector('%s').textContent".formatted(selector)).asText();
  }

  void awaitText(String selector, String text) {
    await("document.querySelector('%s')?.textContent === '%s'".formatted(selector, text));
  }

  void awaitStart(String selector, String text) {
    await("document.querySelector('%s')?.textContent.startsWith('%s')".formatted(selector, text));
  }

  void awaitCount(String selector, int count) {
    await("document.querySelectorAll('%s').length === %d".formatted(selector, count));
  }

  /** Fills in the fields of a form and presses its button. */
  void submit(String form, Map<String, ?> fields) {
    StringBuilder script =
        new StringBuilder("{ const form = document.querySelector('%s');".formatted(form));
    fields.forEach(
        (name, value) -> script.append(" form.elements.%s.value = `%s`;".formatted(name, value)));
    evaluate(script.append(" form.querySelector('button').click(); }").toString());
  }

  /** Presses and releases a key. */
  void press(String key, int code) {
    String text = key.equals("Enter") ? "\r" : key.length() == 1 ? key : "";
    for (String type : List.of("keyDown", "keyUp")) {
      call(
          "Input.dispatchKeyEvent",
          Map.of(
              "type",
              type,
              "key",
              key,
              "windowsVirtualKeyCode",
              code,
              "text",
              text,
              "code",
              code(key)));
    }
  }

  private static String code(String key) {
    return key.equals(" ") ? "Space" : key;
  }

  void size(int width, int height) {
    call(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", width < 600));
  }

  void scheme(String name) {
    call(
        "Emulation.setEmulatedMedia",
        Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", name))));
  }

  void screenshot(Path file) throws IOException {
    Files.createDirectories(file.getParent());
    String data =
        call("Page.captureScreenshot", Map.of("captureBeyondViewport", true)).path("data").asText();
    Files.write(file, Base64.getDecoder().decode(data));
  }

  /** Errors of the page: exceptions, blocked contents, failed requests. */
  List<String> errors() {
    return List.copyOf(errors);
  }

  /** Closes the page. */
  @Override
  public void close() {
    socket.abort();
    program.call("Target.disposeBrowserContext", Map.of("browserContextId", context));
  }
}
