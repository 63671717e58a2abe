package trainer.service.webhook;

import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import javax.net.ssl.SSLSocketFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import trainer.service.Threads;
import trainer.service.database.Database;
import trainer.service.database.DatabaseException;
import trainer.service.database.Sql;

/**
 * Delivers queued messages to webhooks, at least once. A service claims a message by postponing its
 * next attempt before it sends, so one service sends, and another takes over if it dies.
 */
public final class Messenger implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Messenger.class);
  private static final int AT_A_TIME = 2;
  private static final int MOST_ATTEMPTS = 12;
  private static final Duration CLAIM = Duration.ofMinutes(2);
  private static final Duration ANSWER_LIMIT = Duration.ofSeconds(20);
  private static final int ANSWER_CHARACTERS = 500;
  private static final int SUCCESS = 2; // first digit of a status
  private static final int REDIRECT = 3;

  private final Database database;
  private final Targets targets;
  private final WebhookClient client;
  private final Duration poll;
  private final IntFunction<Duration> backOff;
  private final String now;
  private final Semaphore bell = new Semaphore(0);
  private final List<Thread> threads =
      IntStream.rangeClosed(1, AT_A_TIME)
          .mapToObj(number -> new Thread(this::work, "webhooks-" + number))
          .toList();
  private volatile boolean closing;

  private record Claimed(Delivery delivery, long webhook, String url, String secret) {}

  /**
   * @param poll polling period
   * @param backOff delay by number of earlier failures
   */
  public Messenger(
      Database database, Targets targets, Duration poll, IntFunction<Duration> backOff) {
    this(
        database,
        targets,
        poll,
        backOff,
        new WebhookClient(() -> (SSLSocketFactory) SSLSocketFactory.getDefault(), ANSWER_LIMIT));
  }

  /** With another client, which is closed with the messenger. */
  Messenger(
      Database database,
      Targets targets,
      Duration poll,
      IntFunction<Duration> backOff,
      WebhookClient client) {
    this.client = client;
    this.database = database;
    this.targets = targets;
    this.poll = poll;
    this.backOff = backOff;
    this.now = database.dialect().now();
  }

  public void start() {
    threads.forEach(Thread::start);
  }

  private void work() {
    while (!closing) {
      boolean more = false;
      try {
        Optional<Claimed> claimed = claim();
        claimed.ifPresent(this::send);
        more = claimed.isPresent();
      } catch (DatabaseException e) {
        LOG.warn("{}", e.getMessage());
      } catch (RuntimeException e) {
        LOG.error("unexpected failure; the messenger continues", e);
      }
      if (!more) {
        pause();
      }
    }
  }

  private Optional<Claimed> claim() {
    String due = "state = 'waiting' AND not_before <= " + now;
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

  private void send(Claimed claimed) {
    Delivery delivery = claimed.delivery();
    String answer;
    boolean delivered = false;
    try {
      long timestamp = Instant.now().getEpochSecond();
      int status =
          client.post(
              targets.resolve(claimed.url()),
              Map.of(
                  "webhook-id", delivery.id(),
                  "webhook-timestamp", Long.toString(timestamp),
                  "webhook-signature",
                      Signature.of(claimed.secret(), delivery.id(), timestamp, delivery.body())),
              delivery.body());
      delivered = status / 100 == SUCCESS;
      answer =
          "status %d%s"
              .formatted(status, status / 100 == REDIRECT ? "; redirects are not followed" : "");
    } catch (IOException | TargetException e) {
      answer = String.valueOf(e.getMessage());
    }
    note(claimed, delivered, Sql.storable(answer));
  }

  /** Records the result of an attempt. */
  private void note(Claimed claimed, boolean delivered, String answer) {
    Delivery delivery = claimed.delivery();
    boolean failed = !delivered && delivery.attempts() >= MOST_ATTEMPTS;
    if (!delivered) {
      LOG.warn(
          "webhook {} ({}), {} {}, attempt {}: {}",
          claimed.webhook(),
          URI.create(claimed.url()).getHost(), // the rest may be a secret
          delivery.event(),
          delivery.id(),
          delivery.attempts(),
          answer);
    }
    String shown =
        answer.length() > ANSWER_CHARACTERS ? answer.substring(0, ANSWER_CHARACTERS) : answer;
    database.write(
        connection ->
            Sql.of(
                    ("UPDATE deliveries SET state = ?, answer = ?, not_before = %s + ?,"
                            + " ended_at = %s WHERE number = ? AND attempts = ?")
                        .formatted(now, delivered || failed ? now : "NULL"),
                    delivered ? "delivered" : failed ? "failed" : "waiting",
                    shown,
                    backOff.apply(delivery.attempts() - 1).toMillis(),
                    delivery.number(),
                    delivery.attempts())
                .update(connection));
  }

  private void pause() {
    try {
      if (bell.tryAcquire(poll.toNanos(), TimeUnit.NANOSECONDS)) {
        bell.release(); // for the other threads
      }
    } catch (InterruptedException e) {
      throw new AssertionError("this thread is never interrupted", e);
    }
  }

  /** Stops after the messages in flight. */
  @Override
  public void close() {
    closing = true;
    bell.release();
    Threads.join(threads);
    client.close();
  }
}
