package trainer.cli.service;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashMap;
import java.util.Map;
import picocli.CommandLine.Option;

/** What every decision about the champion of a model has: a reason, which the service notes. */
final class ChampionDecision {
  @Option(
      names = "--reason",
      paramLabel = "TEXT",
      required = true,
      description = "Why, for the history.")
  private String reason;

  /**
   * Makes it.
   *
   * @param service that has the model
   * @param action promote or rollback
   * @param more what the service is to know beside the reason
   * @return the version that is the champion now
   */
  int make(ServiceClient service, String model, String action, Map<String, Object> more) {
    Map<String, Object> body = new HashMap<>(more);
    body.put("reason", reason);
    String name = ModelArgument.checked(model, service);
    JsonNode decision = service.post("/models/%s/%s".formatted(name, action), body);
    return decision.path("version").asInt();
  }
}
