package trainer.service.webhook;

import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import trainer.file.ShellWord;
import trainer.service.database.Database;
import trainer.service.database.Sql;

/** The queued messages, as used by the messenger. */
public final class Deliveries {
  private static final Duration CLAIM = Duration.ofMinutes(2);
  private static final int ANSWER_CHARACTERS = 500;

  private final Database database;
  private final String now;

  public Deliveries(Database database) {
    this.database = database;
    this.now = database.dialect().now();
  }

  /** A message, and where it goes. */
  public record Claimed(Delivery delivery, long webhook, String url, String secret) {}

  /**
   * Takes the next message that is due, and postpones its next attempt.
   *
   * @param busy numbers of webhooks whose messages wait
   */
  public Optional<Claimed> claim(Set<Long> busy) {
    String due =
        "state = 'waiting' AND webhook NOT IN (%s) AND %s"
            .formatted(
                Stream.concat(Stream.of(0L), busy.stream()) // 0 is no webhook's
                    .map(String::valueOf)
                    .collect(Collectors.joining(", ")),
                database.dialect().passed("not_before"));
    boolean none =
        database
            .read(
                connection ->
                    Sql.of("SELECT 1 FROM deliveries WHERE %s LIMIT 1".formatted(due))
                        .first(connection, row -> true))
            .isEmpty();
    if (none) {
      return Optional.empty();
    }
    return database.write(
        connection -> {
          Optional<Long> number =
              Sql.of(
                      ("UPDATE deliveries SET attempts = attempts + 1, not_before = %s + ?"
                              + " WHERE number = (SELECT number FROM deliveries WHERE %s"
                              + " ORDER BY number LIMIT 1%s) RETURNING number")
                          .formatted(now, due, database.dialect().skipLocked()),
                      CLAIM.toMillis())
                  .first(connection, row -> row.getLong(1));
          return number.isEmpty()
              ? Optional.empty()
              : Sql.of(
                      "SELECT d.*, w.url, w.secret FROM deliveries d"
                          + " JOIN webhooks w ON w.number = d.webhook WHERE d.number = ?",
                      number.get())
                  .first(
                      connection,
                      row ->
                          new Claimed(
                              Delivery.of(row),
                              row.getLong("webhook"),
                              row.getString("url"),
                              row.getString("secret")));
        });
  }

  /**
   * Records the result of an attempt, unless there is a newer one.
   *
   * @param state delivered, failed or waiting
   * @param answer of the receiver
   * @param pause before the next attempt
   */
  public void note(Delivery delivery, String state, String answer, Duration pause) {
    String shown = ShellWord.shortened(answer, ANSWER_CHARACTERS);
    database.write(
        connection ->
            Sql.of(
                    ("UPDATE deliveries SET state = ?, answer = ?, not_before = %s + ?,"
                            + " ended_at = %s WHERE number = ? AND attempts = ?")
                        .formatted(now, state.equals("waiting") ? "NULL" : now),
                    state,
                    shown,
                    pause.toMillis(),
                    delivery.number(),
                    delivery.attempts())
                .update(connection));
  }
}
