package trainer.job;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.function.Function;

/**
 * A tracking server that follows MLflow's published REST API 2.0: fields, types, required ones, the
 * limits of a batch, parameters that cannot change. A request that breaks it is a violation.
 */
final class MlFlowStandIn implements AutoCloseable {
  private static final String API = "/api/2.0/mlflow/";
  private static final String ARTIFACTS = "/api/2.0/mlflow-artifacts/artifacts/";
  private static final Set<String> STATUSES =
      Set.of("RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED");
  private static final String NAME = "[/\\w.\\- :]{1,250}";

  /** Of a run. */
  static final class ShownRun {
    final String name;
    final Map<String, String> parameters = new TreeMap<>();
    final Map<String, String> tags = new TreeMap<>();
    final Map<String, Map<Integer, Double>> metrics = new TreeMap<>();
    final Map<String, byte[]> files = new TreeMap<>();
    String status = "RUNNING";

    ShownRun(String name) {
      this.name = name;
    }
  }

  /** Refuses the request. */
  private static final class Refused extends Exception {
    private static final long serialVersionUID = 1;
    private final int status;
    private final String code;

    Refused(int status, String code, String message) {
      super(message);
      this.status = status;
      this.code = code;
    }
  }

  final Map<String, String> experiments = new ConcurrentHashMap<>(); // number by name
  final Map<String, ShownRun> runs = new ConcurrentHashMap<>();
  final List<String> violations = Collections.synchronizedList(new ArrayList<>());
  final List<String> requests = Collections.synchronizedList(new ArrayList<>());
  final List<String> authorizations = Collections.synchronizedList(new ArrayList<>());

  /** A status for a request that is not to be served; 0: serve it. */
  volatile Function<String, Integer> trouble = request -> 0;

  /** Requests wait for it. */
  volatile CountDownLatch held = new CountDownLatch(0);

  String artifactRoot = "mlflow-artifacts:/";

  private final HttpServer server;

  MlFlowStandIn(int port) throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
    server.setExecutor(
        Executors.newCachedThreadPool(
            task -> {
              Thread thread = new Thread(task, "mlflow stand-in");
              thread.setDaemon(true);
              return thread;
            }));
    server.createContext("/", this::handle);
    server.start();
  }

  int port() {
    return server.getAddress().getPort();
  }

  String uri() {
    return "http://127.0.0.1:" + port();
  }

  ShownRun run() {
    if (runs.size() != 1) {
      throw new AssertionError(runs.size() + " runs");
    }
    return runs.values().iterator().next();
  }

  private void handle(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getPath();
    byte[] body = exchange.getRequestBody().readAllBytes();
    requests.add(path);
    authorizations.add(String.valueOf(exchange.getRequestHeaders().getFirst("Authorization")));
    int status = 200;
    String answer;
    try {
      held.await();
      int failure = trouble.apply(path);
      if (failure != 0) {
        throw new Refused(failure, "TEMPORARILY_UNAVAILABLE", "not now");
      }
      synchronized (this) {
        answer = answer(exchange, path, body);
      }
    } catch (Refused e) {
      status = e.status;
      answer = new ObjectNodeText().put("error_code", e.code).put("message", e.getMessage()).text();
      if (e.code.equals("INVALID_PARAMETER_VALUE")) {
        violations.add(path + ": " + e.getMessage());
      }
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
    byte[] bytes = answer.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  private String answer(HttpExchange exchange, String path, byte[] body)
      throws IOException, Refused {
    String method = exchange.getRequestMethod();
    if (path.startsWith(ARTIFACTS) && method.equals("PUT")) {
      String[] parts = path.substring(ARTIFACTS.length()).split("/", 4);
      require(parts.length == 4 && parts[2].equals("artifacts"), "not a path of artifacts");
      found(parts[1]).files.put(parts[3], body);
      return "{}";
    }
    if (method.equals("GET") && path.equals(API + "experiments/get-by-name")) {
      String query = exchange.getRequestURI().getQuery();
      require(query != null && query.startsWith("experiment_name="), "experiment_name is missing");
      String name = query.substring("experiment_name=".length());
      if (!experiments.containsKey(name)) {
        throw new Refused(404, "RESOURCE_DOES_NOT_EXIST", "no experiment " + name);
      }
      return "{\"experiment\": {\"experiment_id\": \"%s\", \"name\": \"%s\"}}"
          .formatted(experiments.get(name), name);
    }
    if (!method.equals("POST") || !path.startsWith(API)) {
      throw new Refused(404, "ENDPOINT_NOT_FOUND", method + " " + path);
    }
    require(body.length <= 1_000_000, "more than 1 MB");
    require(
        "application/json".equals(exchange.getRequestHeaders().getFirst("Content-Type")),
        "not application/json");
    JsonNode request = new JsonMapper().readTree(body);
    switch (path.substring(API.length())) {
      case "experiments/create" -> {
        fields(request, Map.of("name", "text"), Map.of("artifact_location", "text"));
        String name = request.get("name").textValue();
        if (experiments.containsKey(name)) {
          throw new Refused(400, "RESOURCE_ALREADY_EXISTS", name);
        }
        experiments.put(name, Integer.toString(experiments.size() + 1));
        return "{\"experiment_id\": \"%s\"}".formatted(experiments.get(name));
      }
      case "runs/create" -> {
        fields(
            request,
            Map.of("experiment_id", "text"),
            Map.of("run_name", "text", "start_time", "whole", "tags", "list"));
        String experiment = request.get("experiment_id").textValue();
        require(experiments.containsValue(experiment), "no experiment " + experiment);
        String id = "%032x".formatted(runs.size() + 1);
        ShownRun run = new ShownRun(request.path("run_name").asText());
        set(run, request.path("tags"));
        runs.put(id, run);
        return ("{\"run\": {\"info\": {\"run_id\": \"%s\", \"artifact_uri\": \"%s\"}, \"data\":"
                + " {}}}")
            .formatted(id, artifactRoot + experiment + "/" + id + "/artifacts");
      }
      case "runs/update" -> {
        fields(
            request,
            Map.of("run_id", "text"),
            Map.of("status", "text", "end_time", "whole", "run_name", "text"));
        String status = request.path("status").asText();
        require(STATUSES.contains(status), "no status: " + status);
        found(request.get("run_id").textValue()).status = status;
        return "{\"run_info\": {}}";
      }
      case "runs/log-batch" -> {
        fields(
            request,
            Map.of("run_id", "text"),
            Map.of("metrics", "list", "params", "list", "tags", "list"));
        ShownRun run = found(request.get("run_id").textValue());
        log(run, request.path("metrics"), request.path("params"), request.path("tags"));
        return "{}";
      }
      default -> throw new Refused(404, "ENDPOINT_NOT_FOUND", path);
    }
  }

  private ShownRun found(String id) throws Refused {
    if (!runs.containsKey(id)) {
      throw new Refused(404, "RESOURCE_DOES_NOT_EXIST", "Run '%s' not found".formatted(id));
    }
    return runs.get(id);
  }

  private static void log(ShownRun run, JsonNode metrics, JsonNode params, JsonNode tags)
      throws Refused {
    require(metrics.size() <= 1000, "more than 1,000 metrics");
    require(params.size() <= 100, "more than 100 params");
    require(tags.size() <= 100, "more than 100 tags");
    require(metrics.size() + params.size() + tags.size() <= 1000, "more than 1,000 in all");
    for (JsonNode each : metrics) {
      fields(
          each,
          Map.of("key", "text", "value", "number", "timestamp", "whole"),
          Map.of("step", "whole"));
      String key = each.get("key").textValue();
      require(key.matches(NAME), "not a name: " + key);
      Double before =
          run.metrics
              .computeIfAbsent(key, name -> new TreeMap<>())
              .put(each.get("step").intValue(), each.get("value").doubleValue());
      require(before == null, "%s at step %s, twice".formatted(key, each.get("step")));
    }
    for (JsonNode each : params) {
      fields(each, Map.of("key", "text", "value", "text"), Map.of());
      String key = each.get("key").textValue();
      String value = each.get("value").textValue();
      require(key.matches(NAME), "not a name: " + key);
      require(value.length() <= 500, "a value of more than 500 characters");
      String before = run.parameters.putIfAbsent(key, value);
      require(before == null || before.equals(value), "changes " + key);
    }
    set(run, tags);
  }

  private static void set(ShownRun run, JsonNode tags) throws Refused {
    for (JsonNode each : tags) {
      fields(each, Map.of("key", "text", "value", "text"), Map.of());
      require(each.get("key").textValue().matches(NAME), "not a name: " + each.get("key"));
      require(each.get("value").textValue().length() <= 5000, "a long tag");
      run.tags.put(each.get("key").textValue(), each.get("value").textValue());
    }
  }

  private static void fields(
      JsonNode object, Map<String, String> required, Map<String, String> optional) throws Refused {
    Map<String, String> all = new LinkedHashMap<>(required);
    all.putAll(optional);
    Set<String> missing = new HashSet<>(required.keySet());
    for (Map.Entry<String, JsonNode> field : object.properties()) {
      String type = all.get(field.getKey());
      require(type != null, "unknown field " + field.getKey());
      JsonNode value = field.getValue();
      boolean fits =
          switch (type) {
            case "text" -> value.isTextual();
            case "whole" -> value.canConvertToExactIntegral() && value.isNumber();
            case "number" -> value.isNumber();
            default -> value.isArray();
          };
      require(fits, field.getKey() + " is not " + type + ": " + value);
      missing.remove(field.getKey());
    }
    require(missing.isEmpty(), "missing: " + missing);
  }

  private static void require(boolean condition, String message) throws Refused {
    if (!condition) {
      throw new Refused(400, "INVALID_PARAMETER_VALUE", message);
    }
  }

  /** Text of an object. */
  private static final class ObjectNodeText {
    private final ObjectNode node = new JsonMapper().createObjectNode();

    ObjectNodeText put(String key, String value) {
      node.put(key, value);
      return this;
    }

    String text() {
      return node.toString();
    }
  }

  @Override
  public void close() {
    held.countDown();
    server.stop(0);
  }
}
