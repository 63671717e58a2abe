package trainer.service.webhook;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import trainer.service.database.Sql;

/**
 * A message to a webhook.
 *
 * @param id the same in every attempt
 * @param body JSON
 * @param state waiting, delivered or failed
 * @param answer to the last attempt, or null
 * @param notBefore time of the next attempt
 * @param endedAt null while it waits
 */
public record Delivery(
    long number,
    String id,
    String event,
    String body,
    Instant createdAt,
    String state,
    int attempts,
    Instant notBefore,
    String answer,
    Instant endedAt) {

  static Delivery of(ResultSet row) throws SQLException {
    return new Delivery(
        row.getLong("number"),
        row.getString("id"),
        row.getString("event"),
        row.getString("body"),
        Sql.instant(row, "created_at"),
        row.getString("state"),
        row.getInt("attempts"),
        Sql.instant(row, "not_before"),
        row.getString("answer"),
        Sql.instant(row, "ended_at"));
  }
}
