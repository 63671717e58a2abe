package trainer.cli.service;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Model.CommandSpec;
import trainer.cli.console.Console;
import trainer.config.Configuration;
import trainer.config.ConfigurationLoader;

/** A sweep whose trials are runs of a service. */
public final class ServiceSweep {
  private static final int POLL_SECONDS = 2;
  private static final int ATTEMPTS = 30; // the service may be restarted

  private final ServiceClient service;

  /**
   * @param command for messages
   */
  public ServiceSweep(String server, CommandSpec command) {
    service = new ServiceClient(server, command);
  }

  /**
   * Submits a sweep and follows it to its end.
   *
   * @param overrides {@code KEY=VALUE}, the value as YAML
   * @param keys of the request, besides the configuration; null values are left out
   * @return the sweep as the service describes it
   */
  public JsonNode run(Path file, List<String> overrides, Map<String, ?> keys) {
    Map<String, Object> body = new HashMap<>(keys);
    body.put("configuration", ConfigurationLoader.standalone(file, overrides));
    String name = file.getFileName().toString().replaceFirst("\\.ya?ml$", "");
    body.put("name", name.matches(Configuration.NEW_NAME_FORM) ? name : null);
    JsonNode sweep =
        service.send(
            "POST", "/sweeps", "application/json", bytes(body), UUID.randomUUID().toString());
    String id = sweep.path("id").asText();
    Console.line(
        "%s: %d trials; cancel it with 'cancel %1$s'"
            .formatted(id, sweep.path("trials_in_all").asInt()));
    String shown = "";
    while (sweep.path("ended_at").isNull()) {
      String progress = progress(sweep);
      if (!progress.equals(shown)) {
        Console.line(id + ": " + progress);
        shown = progress;
      }
      sweep = asked(id);
    }
    String reason = sweep.path("reason").asText("");
    Console.line(
        id + ": " + sweep.path("state").asText() + (reason.isEmpty() ? "" : " (" + reason + ")"));
    return sweep;
  }

  /** What the service says of a sweep after a while; a short time without an answer is none. */
  private JsonNode asked(String id) {
    for (int attempt = 1; ; attempt++) {
      try {
        TimeUnit.SECONDS.sleep(POLL_SECONDS);
        return service.get("/sweeps/" + id);
      } catch (InterruptedException e) {
        throw new AssertionError("the main thread is never interrupted", e);
      } catch (ServiceException e) {
        if (!e.isTransient() || attempt == ATTEMPTS) {
          throw e;
        }
      }
    }
  }

  private static byte[] bytes(Map<String, Object> body) {
    try {
      return new JsonMapper().writeValueAsBytes(body);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("text and numbers are always JSON", e);
    }
  }

  private static String progress(JsonNode sweep) {
    int steps = sweep.path("steps").size();
    JsonNode loss = sweep.at("/best/best_validation_loss");
    return (steps > 1 ? "step %d of %d, ".formatted(sweep.path("step").asInt() + 1, steps) : "")
        + "%d of %d trials ended"
            .formatted(sweep.path("trials_ended").asInt(), sweep.path("trials_in_all").asInt())
        + (loss.isNumber() ? Console.format(", best %.4f nats", loss.asDouble()) : "");
  }
}
