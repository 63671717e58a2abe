package trainer.service.webhook;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;

/** A subscription of a URL to events. */
public record Webhook(
    long number, String url, List<Event> events, String createdBy, Instant createdAt) {

  static Webhook of(ResultSet row) throws SQLException {
    return new Webhook(
        row.getLong("number"),
        row.getString("url"),
        Stream.of(row.getString("events").split(","))
            .flatMap(word -> Event.ofWord(word).stream())
            .toList(),
        row.getString("created_by"),
        Instant.ofEpochMilli(row.getLong("created_at")));
  }
}
