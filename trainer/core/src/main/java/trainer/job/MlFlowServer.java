package trainer.job;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.ToLongFunction;
import trainer.run.DamagedException;
import trainer.run.MetricsRow;
import trainer.run.RunFileJson;

/**
 * The calls of MLflow's REST API 2.0 that show a run. Follows no redirects, so credentials stay
 * with the server. Not thread-safe.
 */
final class MlFlowServer {
  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final Duration UPLOAD_TIMEOUT = Duration.ofSeconds(60);
  private static final String ARTIFACTS = "mlflow-artifacts";
  private static final int ITEMS = 100; // parameters or tags of a request, at most

  /** Of a row of metrics.csv. */
  static final int METRICS = 5;

  private final String address;
  private final String authorization; // null: none
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(TIMEOUT).build();

  /**
   * A server.
   *
   * @param environment with the credentials, under MLflow's own names
   */
  MlFlowServer(String trackingUri, Map<String, String> environment) {
    this.address = trackingUri.replaceFirst("/+$", "");
    this.authorization = authorization(environment);
  }

  private static String authorization(Map<String, String> environment) {
    String user = environment.get("MLFLOW_TRACKING_USERNAME");
    String password = environment.get("MLFLOW_TRACKING_PASSWORD");
    if (user != null && password != null) {
      byte[] pair = (user + ":" + password).getBytes(StandardCharsets.UTF_8);
      return "Basic " + Base64.getEncoder().encodeToString(pair);
    }
    String token = environment.get("MLFLOW_TRACKING_TOKEN");
    return token == null ? null : "Bearer " + token;
  }

  /** The server's answer says no. */
  static final class Refusal extends IOException {
    private static final long serialVersionUID = 1;

    private final int status;
    private final String code;
    private final long secondsToWait;

    private Refusal(HttpResponse<String> answer, JsonNode body) {
      super(
          "%d%s"
              .formatted(
                  answer.statusCode(),
                  body.path("message").isTextual()
                      ? " " + body.path("message").textValue().lines().findFirst().orElse("")
                      : ""));
      this.status = answer.statusCode();
      this.code = body.path("error_code").asText();
      this.secondsToWait =
          answer
              .headers()
              .firstValue("Retry-After")
              .filter(value -> value.matches("[0-9]{1,5}"))
              .map(Long::parseLong)
              .orElse(0L);
    }

    int status() {
      return status;
    }

    /** As the server asks; 0 if it does not. */
    long secondsToWait() {
      return secondsToWait;
    }
  }

  /** The number of an experiment, which is made if it does not exist. */
  String experiment(String name) throws IOException, InterruptedException {
    try {
      String encoded = URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20");
      String query = "?experiment_name=" + encoded;
      JsonNode found = send(request("experiments/get-by-name" + query, TIMEOUT).GET());
      return text(found.path("experiment").path("experiment_id"));
    } catch (Refusal e) {
      if (!e.code.equals("RESOURCE_DOES_NOT_EXIST")) {
        throw e;
      }
      ObjectNode body = RunFileJson.object().put("name", name);
      return text(post("experiments/create", body).path("experiment_id"));
    }
  }

  /**
   * Begins a run.
   *
   * @param started ms since 1970
   * @return its {@code run_id} and {@code artifact_uri}
   */
  Map.Entry<String, String> create(
      String experiment, String name, long started, Map<String, String> tags)
      throws IOException, InterruptedException {
    ObjectNode body =
        RunFileJson.object()
            .put("experiment_id", experiment)
            .put("run_name", name)
            .put("start_time", started);
    items(body.putArray("tags"), tags);
    JsonNode info = post("runs/create", body).path("run").path("info");
    return Map.entry(text(info.path("run_id")), text(info.path("artifact_uri")));
  }

  /** Sets parameters, which cannot be changed later. */
  void setParameters(String run, Map<String, String> parameters)
      throws IOException, InterruptedException {
    List<Map.Entry<String, String>> all = List.copyOf(parameters.entrySet());
    for (int from = 0; from < all.size(); from += ITEMS) {
      ObjectNode body = RunFileJson.object().put("run_id", run);
      ArrayNode part = body.putArray("params");
      all.subList(from, Math.min(all.size(), from + ITEMS))
          .forEach(
              each -> part.addObject().put("key", each.getKey()).put("value", each.getValue()));
      post("runs/log-batch", body);
    }
  }

  /** Sets or replaces tags. */
  void setTags(String run, Map<String, String> tags) throws IOException, InterruptedException {
    ObjectNode body = RunFileJson.object().put("run_id", run);
    items(body.putArray("tags"), tags);
    post("runs/log-batch", body);
  }

  private static void items(ArrayNode array, Map<String, String> items) {
    items.forEach((key, value) -> array.addObject().put("key", key).put("value", value));
  }

  /**
   * Adds rows of metrics.csv, {@value #METRICS} metrics each; 1,000 metrics at most.
   *
   * @param time of a row, ms since 1970
   */
  void append(String run, List<MetricsRow> rows, ToLongFunction<MetricsRow> time)
      throws IOException, InterruptedException {
    ObjectNode body = RunFileJson.object().put("run_id", run);
    ArrayNode metrics = body.putArray("metrics");
    for (MetricsRow row : rows) {
      long timestamp = time.applyAsLong(row);
      metric(metrics, "loss/train", row.trainLoss(), timestamp, row);
      metric(metrics, "loss/validation", row.validationLoss(), timestamp, row);
      metric(metrics, "learning_rate", row.learningRate(), timestamp, row);
      metric(metrics, "gradient_norm", row.gradientNorm(), timestamp, row);
      metric(metrics, "characters_per_second", row.charactersPerSecond(), timestamp, row);
    }
    post("runs/log-batch", body);
  }

  private static void metric(
      ArrayNode metrics, String key, Double value, long timestamp, MetricsRow row) {
    if (value != null) {
      // NaN and the infinities become text, as protocol buffers have it.
      metrics
          .addObject()
          .put("key", key)
          .put("value", value)
          .put("timestamp", timestamp)
          .put("step", row.iteration());
    }
  }

  /**
   * Sets the status.
   *
   * @param status RUNNING, FINISHED, KILLED or FAILED
   * @param ended ms since 1970; null while it runs
   */
  void update(String run, String status, Long ended) throws IOException, InterruptedException {
    ObjectNode body = RunFileJson.object().put("run_id", run).put("status", status);
    if (ended != null) {
      body.put("end_time", ended);
    }
    post("runs/update", body);
  }

  /** Whether the server takes files of a run with this {@code artifact_uri}. */
  boolean takesFiles(String artifacts) {
    URI uri = URI.create(artifacts);
    return ARTIFACTS.equals(uri.getScheme())
        && (uri.getAuthority() == null
            || uri.getAuthority().equals(URI.create(address).getAuthority()));
  }

  /**
   * Stores a file of a run, and replaces it.
   *
   * @param artifacts an {@code artifact_uri}
   */
  void upload(String artifacts, String name, Path file) throws IOException, InterruptedException {
    String path = URI.create(artifacts).getPath() + "/" + name;
    try {
      send(
          request(
                  "../" + ARTIFACTS + "/artifacts" + new URI(null, null, path, null).getRawPath(),
                  UPLOAD_TIMEOUT)
              .header("Content-Type", "application/octet-stream")
              .PUT(BodyPublishers.ofFile(file)));
    } catch (URISyntaxException e) {
      throw new IOException("artifact_uri is not a URI: " + artifacts, e);
    }
  }

  private JsonNode post(String call, ObjectNode body) throws IOException, InterruptedException {
    return send(
        request(call, TIMEOUT)
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(RunFileJson.line(body))));
  }

  private HttpRequest.Builder request(String call, Duration timeout) {
    URI uri = URI.create(address + "/api/2.0/mlflow/" + call).normalize();
    HttpRequest.Builder request = HttpRequest.newBuilder(uri).timeout(timeout);
    return authorization == null ? request : request.header("Authorization", authorization);
  }

  /** Sends a request. The timeout includes the body of the answer. */
  private JsonNode send(HttpRequest.Builder builder) throws IOException, InterruptedException {
    HttpRequest request = builder.build();
    CompletableFuture<HttpResponse<String>> pending =
        client.sendAsync(request, BodyHandlers.ofString());
    try {
      HttpResponse<String> answer =
          pending.get(request.timeout().orElseThrow().toMillis(), TimeUnit.MILLISECONDS);
      if (answer.statusCode() != 200) {
        throw new Refusal(answer, object(answer.body()));
      }
      return object(answer.body());
    } catch (TimeoutException e) {
      throw new HttpTimeoutException("no answer in time");
    } catch (ExecutionException e) {
      throw e.getCause() instanceof IOException cause ? cause : new IOException(e.getCause());
    } finally {
      pending.cancel(true);
    }
  }

  private static JsonNode object(String body) {
    try {
      return RunFileJson.parse(body, "the answer");
    } catch (DamagedException e) {
      return RunFileJson.object(); // what is needed of it is then missing
    }
  }

  private static String text(JsonNode node) throws IOException {
    if (!node.isTextual()) {
      throw new IOException("its answers are not those of MLflow");
    }
    return node.textValue();
  }
}
