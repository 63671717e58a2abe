package trainer.service.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import io.javalin.http.HttpStatus;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import trainer.service.webhook.Delivery;
import trainer.service.webhook.Event;
import trainer.service.webhook.TargetException;
import trainer.service.webhook.Webhook;
import trainer.service.webhook.Webhooks;

/** Creates, lists and deletes webhooks. */
final class WebhookRoutes {
  private static final int BODY_BYTES = 16 * 1024;
  private static final int MOST = 200;

  private final Webhooks webhooks;

  WebhookRoutes(Webhooks webhooks) {
    this.webhooks = webhooks;
  }

  List<Route> routes() {
    String all = Api.ROOT + "/webhooks";
    String one = all + "/{number}";
    return List.of(
        new Route(HandlerType.GET, all, Access.ADMIN, this::list),
        new Route(HandlerType.POST, all, Access.ADMIN, this::create),
        new Route(HandlerType.DELETE, one, Access.ADMIN, this::delete),
        new Route(HandlerType.GET, one + "/deliveries", Access.ADMIN, this::deliveries));
  }

  private static long number(Context context) {
    String number = context.pathParam("number");
    if (!number.matches("[1-9][0-9]{0,17}")) {
      throw noWebhook(number);
    }
    return Long.parseLong(number);
  }

  private static ApiProblem noWebhook(String number) {
    return new ApiProblem(HttpStatus.NOT_FOUND, "there is no webhook '%s'".formatted(number));
  }

  private void list(Context context) {
    List<ObjectNode> all = webhooks.list().stream().map(WebhookRoutes::json).toList();
    ApiJson.answer(context, HttpStatus.OK, Map.of("webhooks", all));
  }

  private void create(Context context) {
    ObjectNode body = ApiJson.parse(RequestBody.read(context, BODY_BYTES), Set.of("url", "events"));
    String url = ApiJson.text(body, "url", null, "(?s).{1,2000}", "an http or https URL");
    try {
      Webhooks.Made made = webhooks.create(url, events(body), Guard.caller(context).name());
      ObjectNode node = json(made.webhook());
      node.put("secret", made.secret());
      context.header("Location", Api.ROOT + "/webhooks/" + made.webhook().number());
      ApiJson.answer(context, HttpStatus.CREATED, node);
    } catch (TargetException e) {
      throw new ApiProblem(HttpStatus.UNPROCESSABLE_CONTENT, "url: " + e.getMessage());
    } catch (Webhooks.TooManyException e) {
      throw new ApiProblem(HttpStatus.CONFLICT, e.getMessage());
    }
  }

  private static List<Event> events(ObjectNode body) {
    if (!body.hasNonNull("events")) {
      return List.of(Event.values());
    }
    List<Event> events = new ArrayList<>();
    for (JsonNode word : body.path("events")) {
      Event.ofWord(word.asText()).ifPresent(events::add);
    }
    if (!body.path("events").isArray()
        || events.isEmpty()
        || events.size() != body.path("events").size()) {
      throw ApiJson.wrong(
          "events",
          "a list of "
              + String.join(", ", List.of(Event.values()).stream().map(Event::word).toList()));
    }
    return events;
  }

  private void delete(Context context) {
    long number = number(context);
    if (!webhooks.delete(number)) {
      throw noWebhook(Long.toString(number));
    }
    context.status(HttpStatus.NO_CONTENT);
  }

  private void deliveries(Context context) {
    long number = number(context);
    if (webhooks.find(number).isEmpty()) {
      throw noWebhook(Long.toString(number));
    }
    List<ObjectNode> newest =
        webhooks.deliveries(number, MOST).stream().map(WebhookRoutes::json).toList();
    ApiJson.answer(context, HttpStatus.OK, Map.of("deliveries", newest));
  }

  private record WebhookView(
      long number, String url, List<String> events, String createdBy, Instant createdAt) {}

  private record DeliveryView(
      String id,
      String event,
      JsonNode body,
      Instant createdAt,
      String state,
      int attempts,
      Instant nextAt,
      String answer,
      Instant endedAt) {}

  private static ObjectNode json(Webhook webhook) {
    return ApiJson.tree(
        new WebhookView(
            webhook.number(),
            webhook.url(),
            webhook.events().stream().map(Event::word).toList(),
            webhook.createdBy(),
            webhook.createdAt()));
  }

  private static ObjectNode json(Delivery delivery) {
    return ApiJson.tree(
        new DeliveryView(
            delivery.id(),
            delivery.event(),
            ApiJson.stored(delivery.body()),
            delivery.createdAt(),
            delivery.state(),
            delivery.attempts(),
            delivery.endedAt() == null ? delivery.notBefore() : null,
            delivery.answer(),
            delivery.endedAt()));
  }
}
