package trainer.service.webhook;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;

/**
 * One thing that a webhook is told.
 *
 * @param id the same in every attempt
 * @param body JSON
 * @param state waiting, delivered or failed
 * @param answer to the last attempt, or null
 * @param notBefore when the next attempt is made
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
    long ended = row.getLong("ended_at");
    Instant endedAt = row.wasNull() ? null : Instant.ofEpochMilli(ended);
    return new Delivery(
        row.getLong("number"),
        row.getString("id"),
        row.getString("event"),
        row.getString("body"),
        Instant.ofEpochMilli(row.getLong("created_at")),
        row.getString("state"),
        row.getInt("attempts"),
        Instant.ofEpochMilli(row.getLong("not_before")),
        row.getString("answer"),
        endedAt);
  }
}
