package trainer.service.webhook;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import trainer.service.database.Dialect;
import trainer.service.database.Sql;

/**
 * Queues messages to webhooks in the transaction that causes them (transactional outbox), so
 * messages and facts always agree.
 */
public final class Outbox {
  private static final JsonMapper JSON = new JsonMapper();

  private Outbox() {}

  /**
   * Queues an event for every webhook subscribed to it.
   *
   * @param data text, numbers, null
   */
  public static void put(Connection connection, Dialect dialect, Event event, Map<String, ?> data)
      throws SQLException {
    List<Long> webhooks =
        Sql.of(
                "SELECT number FROM webhooks WHERE events LIKE ?" + dialect.keepRows(),
                "%," + event.word() + ",%")
            .list(connection, row -> row.getLong(1));
    if (webhooks.isEmpty()) {
      return;
    }
    long time = Sql.time(connection, dialect.now());
    ObjectNode body = JSON.createObjectNode();
    body.put("type", event.word());
    body.put("timestamp", Instant.ofEpochMilli(time).toString());
    body.set("data", JSON.valueToTree(data));
    for (long webhook : webhooks) {
      Sql.of(
              "INSERT INTO deliveries (webhook, id, event, body, created_at, state, attempts,"
                  + " not_before) VALUES (?, ?, ?, ?, ?, 'waiting', 0, ?)",
              webhook,
              "msg_" + UUID.randomUUID().toString().replace("-", ""),
              event.word(),
              body.toString(),
              time,
              time)
          .update(connection);
    }
  }
}
