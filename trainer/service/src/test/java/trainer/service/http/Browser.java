package trainer.service.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
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

/** A headless Chromium, driven by its debugging protocol. */
final class Browser implements AutoCloseable {
  private static final JsonMapper JSON = new JsonMapper();
  private static final List<String> NAMES =
      List.of("chromium", "chromium-browser", "google-chrome", "google-chrome-stable");
  private static final long SECONDS = 60;

  private final Process process;
  private final WebSocket socket;
  private final AtomicInteger number = new AtomicInteger();
  private final Map<Integer, CompletableFuture<JsonNode>> answers = new ConcurrentHashMap<>();
  private final List<String> errors = new CopyOnWriteArrayList<>();

  private Browser(Process process, URI page) {
    this.process = process;
    this.socket =
        HttpClient.newHttpClient()
            .newWebSocketBuilder()
            .buildAsync(page, new Messages())
            .orTimeout(SECONDS, TimeUnit.SECONDS)
            .join();
    call("Runtime.enable", Map.of());
    call("Log.enable", Map.of());
    call("Page.enable", Map.of());
  }

  /** The installed browser, if any. */
  static Optional<Path> find() {
    return Stream.of(System.getenv("PATH").split(":"))
        .flatMap(folder -> NAMES.stream().map(name -> Path.of(folder, name)))
        .filter(Files::isExecutable)
        .findFirst();
  }

  static Browser open(Path program, Path profile) throws IOException {
    Process process =
        new ProcessBuilder(
                program.toString(),
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
    Path active = profile.resolve("DevToolsActivePort");
    TestService.await("debugging port", () -> active.toFile().length() > 0); // made, then written
    String port = Files.readAllLines(active).get(0);
    URI list = URI.create("http://127.0.0.1:" + port + "/json/list");
    JsonNode targets =
        HttpClient.newHttpClient()
            .sendAsync(HttpRequest.newBuilder(list).build(), BodyHandlers.ofByteArray())
            .thenApply(answer -> parsed(answer.body()))
            .orTimeout(SECONDS, TimeUnit.SECONDS)
            .join();
    for (JsonNode target : targets) {
      if (target.path("type").asText().equals("page")) {
        return new Browser(process, URI.create(target.path("webSocketDebuggerUrl").asText()));
      }
    }
    throw new IOException("no page in " + targets);
  }

  private static JsonNode parsed(byte[] body) {
    try {
      return JSON.readTree(body);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
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

  @Override
  public void close() {
    socket.abort();
    process.destroy();
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
