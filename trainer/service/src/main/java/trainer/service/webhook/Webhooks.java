package trainer.service.webhook;

import java.security.SecureRandom;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import trainer.service.database.Database;
import trainer.service.database.Sql;

public final class Webhooks {
  /** Maximum number of webhooks; each may occupy a thread and a connection. */
  public static final int MOST = 100;

  private static final Duration DELIVERIES_KEPT = Duration.ofDays(30);
  private static final int SECRET_BYTES = 32;
  private static final SecureRandom RANDOM = new SecureRandom();

  private final Database database;
  private final Targets targets;

  public Webhooks(Database database, Targets targets) {
    this.database = database;
    this.targets = targets;
  }

  /**
   * A created webhook.
   *
   * @param secret signs its messages; shown only now
   */
  public record Made(Webhook webhook, String secret) {}

  /**
   * Creates a webhook.
   *
   * @throws TargetException if the URL may not be called
   * @throws TooManyException if there are {@link #MOST} already
   */
  public Made create(String url, List<Event> events, String by) {
    targets.check(url);
    byte[] random = new byte[SECRET_BYTES];
    RANDOM.nextBytes(random);
    String secret = Signature.PREFIX + Base64.getEncoder().encodeToString(random);
    String words = events.stream().map(Event::word).collect(Collectors.joining(",", ",", ","));
    return database.write(
        connection ->
            new Made(
                Sql.of(
                        ("INSERT INTO webhooks (url, events, secret, created_by, created_at)"
                                + " SELECT ?, ?, ?, ?, %s"
                                + " WHERE (SELECT COUNT(*) FROM webhooks) < %d RETURNING *")
                            .formatted(database.dialect().now(), MOST),
                        url,
                        words,
                        secret,
                        by)
                    .first(connection, Webhook::of)
                    .orElseThrow(TooManyException::new),
                secret));
  }

  /** There are {@link #MOST} webhooks already; the message is complete. */
  public static final class TooManyException extends RuntimeException {
    private static final long serialVersionUID = 1;

    TooManyException() {
      super("there are %d webhooks, the limit: delete one first".formatted(MOST));
    }
  }

  /** All webhooks, oldest first. */
  public List<Webhook> list() {
    return database.read(
        connection ->
            Sql.of("SELECT * FROM webhooks ORDER BY number").list(connection, Webhook::of));
  }

  public Optional<Webhook> find(long number) {
    return database.read(
        connection ->
            Sql.of("SELECT * FROM webhooks WHERE number = ?", number)
                .first(connection, Webhook::of));
  }

  /** Deletes a webhook and its undelivered messages. */
  public boolean delete(long number) {
    return database.write(
        connection ->
            Sql.of("DELETE FROM webhooks WHERE number = ?", number).update(connection) > 0);
  }

  /**
   * Deletes messages 30 days after their end, and undelivered ones, which a receiver that does not
   * answer may let pile up, 30 days after their event.
   *
   * @return number of messages
   */
  public int forgetDeliveries() {
    return database.write(
        connection ->
            Sql.of(
                    "DELETE FROM deliveries WHERE COALESCE(ended_at, created_at) < %s - ?"
                        .formatted(database.dialect().now()),
                    DELIVERIES_KEPT.toMillis())
                .update(connection));
  }

  /** Messages to a webhook, newest first. */
  public List<Delivery> deliveries(long webhook, int limit) {
    return database.read(
        connection ->
            Sql.of(
                    "SELECT * FROM deliveries WHERE webhook = ? ORDER BY number DESC LIMIT ?",
                    webhook,
                    limit)
                .list(connection, Delivery::of));
  }
}
