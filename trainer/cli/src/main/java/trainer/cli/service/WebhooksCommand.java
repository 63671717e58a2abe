package trainer.cli.service;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import trainer.cli.console.Console;

/** {@code webhooks} and its subcommands. */
@Command(
    name = "webhooks",
    description = "List, add or delete the webhooks of a service.",
    mixinStandardHelpOptions = true)
public final class WebhooksCommand implements Callable<Integer> {
  private static final String WEBHOOKS = "/webhooks";
  private static final String NUMBER = "NUMBER";
  private static final String THE_WEBHOOK = "The webhook.";

  @Mixin private ServiceClient service;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  @Override
  public Integer call() {
    JsonNode answer = service.get(WEBHOOKS);
    if (json) {
      System.out.println(answer);
      return 0;
    }
    Table table = new Table("number", "URL", "events");
    for (JsonNode webhook : answer.path("webhooks")) {
      table.row(
          webhook.path("number").asText(),
          webhook.path("url").asText(),
          StreamSupport.stream(webhook.path("events").spliterator(), false)
              .map(JsonNode::asText)
              .collect(Collectors.joining(" ")));
    }
    table.print();
    return 0;
  }

  @Command(
      description = "Add a webhook and print its secret, which is shown only now.",
      mixinStandardHelpOptions = true)
  int add(
      @Parameters(paramLabel = "URL", description = "Receives the messages.") String url,
      @Option(
              names = "--event",
              paramLabel = "EVENT",
              description = "Such as run.failed. Repeat it for several. Default: all events.")
          List<String> events) {
    Map<String, Object> body = new LinkedHashMap<>(); // null: all events
    body.put("url", url);
    body.put("events", events);
    JsonNode made = service.post(WEBHOOKS, body);
    Console.line("webhook %s: added; its secret:".formatted(made.path("number").asText()));
    System.out.println(made.path("secret").asText());
    return 0;
  }

  @Command(description = "Delete a webhook.", mixinStandardHelpOptions = true)
  int delete(@Parameters(paramLabel = NUMBER, description = THE_WEBHOOK) long number) {
    service.delete(WEBHOOKS + "/" + number);
    Console.line("webhook %d: deleted".formatted(number));
    return 0;
  }

  @Command(description = "List its newest messages.", mixinStandardHelpOptions = true)
  int deliveries(@Parameters(paramLabel = NUMBER, description = THE_WEBHOOK) long number) {
    Table table = new Table("at", "event", "state", "attempts", "answer");
    for (JsonNode each : service.get(WEBHOOKS + "/" + number + "/deliveries").path("deliveries")) {
      table.row(
          each.path("created_at").asText(),
          each.path("event").asText(),
          each.path("state").asText(),
          each.path("attempts").asText(),
          each.path("answer").asText(""));
    }
    table.print();
    return 0;
  }
}
