package trainer.cli.service;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashMap;
import java.util.Map;
import picocli.CommandLine.Option;

/** The reason of a decision about a champion, and the request to the service. */
final class ChampionDecision {
  @Option(
      names = "--reason",
      paramLabel = "TEXT",
      required = true,
      description = "Reason; kept in the history.")
  private String reason;

  /**
   * Sends the decision.
   *
   * @param action promote or rollback
   * @param more of the request body, besides the reason
   * @return the new champion
   */
  int make(ServiceClient service, String model, String action, Map<String, Object> more) {
    Map<String, Object> body = new HashMap<>(more);
    body.put("reason", reason);
    String name = ModelArgument.checked(model, service);
    JsonNode decision = service.post("/models/%s/%s".formatted(name, action), body);
    return decision.path("version").asInt();
  }
}
