package trainer.service.webhook;

import java.security.SecureRandom;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import trainer.service.database.Database;
import trainer.service.database.Sql;

/** The webhooks as people see them. */
public final class Webhooks {
  private static final Duration DELIVERIES_KEPT = Duration.ofDays(30);
  private static final int SECRET_BYTES = 32;
  private static final SecureRandom RANDOM = new SecureRandom();

  private final Database database;
  private final Targets targets;

  /** The webhooks of a database. */
  public Webhooks(Database database, Targets targets) {
    this.database = database;
    this.targets = targets;
  }

  /**
   * A webhook that was made.
   *
   * @param secret what its messages are signed with; told this once
   */
  public record Made(Webhook webhook, String secret) {}

  /**
   * Makes a webhook.
   *
   * @throws TargetException if nothing may be sent there
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
                        "INSERT INTO webhooks (url, events, secret, created_by, created_at)"
                            + " VALUES (?, ?, ?, ?, %s) RETURNING *"
                                .formatted(database.dialect().now()),
                        url,
                        words,
                        secret,
                        by)
                    .first(connection, Webhook::of)
                    .orElseThrow(),
                secret));
  }

  /** All webhooks, the oldest first. */
  public List<Webhook> list() {
    return database.read(
        connection ->
            Sql.of("SELECT * FROM webhooks ORDER BY number").list(connection, Webhook::of));
  }

  /** The webhook of a number. */
  public Optional<Webhook> find(long number) {
    return database.read(
        connection ->
            Sql.of("SELECT * FROM webhooks WHERE number = ?", number)
                .first(connection, Webhook::of));
  }

  /** Forgets a webhook with what it has not been told yet. */
  public boolean delete(long number) {
    return database.write(
        connection ->
            Sql.of("DELETE FROM webhooks WHERE number = ?", number).update(connection) > 0);
  }

  /**
   * Forgets what webhooks were told, or could not be told, long ago.
   *
   * @return how many messages
   */
  public int forgetDeliveries() {
    return database.write(
        connection ->
            Sql.of(
                    "DELETE FROM deliveries WHERE ended_at < %s - ?"
                        .formatted(database.dialect().now()),
                    DELIVERIES_KEPT.toMillis())
                .update(connection));
  }

  /** What a webhook was told, the newest first. */
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
