package trainer.service.webhook;

import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import javax.net.ssl.SSLSocketFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import trainer.service.Threads;
import trainer.service.database.Database;
import trainer.service.database.DatabaseException;
import trainer.service.database.Sql;
import trainer.service.webhook.Deliveries.Claimed;

/**
 * Delivers queued messages to webhooks, at least once. A service claims a message by postponing its
 * next attempt before it sends, so one service sends, and another takes over if it dies. It sends
 * one message at a time to each webhook, so a receiver that does not answer delays only its own.
 */
public final class Messenger implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Messenger.class);
  private static final int MOST_ATTEMPTS = 12;
  private static final Duration ANSWER_LIMIT = Duration.ofSeconds(20);
  private static final int SUCCESS = 2; // first digit of a status
  private static final int REDIRECT = 3;

  private final Deliveries deliveries;
  private final Targets targets;
  private final WebhookClient client;
  private final Duration poll;
  private final IntFunction<Duration> backOff;
  private final Semaphore bell = new Semaphore(0);
  private final Thread thread = new Thread(this::work, "webhooks");
  private final ExecutorService senders =
      Executors.newCachedThreadPool(Threads.daemons("webhook sender"));
  private final Set<Long> busy = ConcurrentHashMap.newKeySet(); // webhooks being sent to
  private volatile boolean closing;

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
    this.deliveries = new Deliveries(database);
    this.targets = targets;
    this.poll = poll;
    this.backOff = backOff;
  }

  public void start() {
    thread.start();
  }

  private void work() {
    while (!closing) {
      boolean more = false;
      try {
        Optional<Claimed> claimed =
            busy.size() < Webhooks.MOST ? deliveries.claim(busy) : Optional.empty();
        claimed.ifPresent(this::start);
        more = claimed.isPresent();
      } catch (DatabaseException e) {
        LOG.warn("{}", e.getMessage());
      } catch (RuntimeException | Error e) { // such as a lack of memory or threads
        LOG.error("unexpected failure; the messenger continues", e);
      }
      if (!more) {
        pause();
      }
    }
  }

  private void start(Claimed claimed) {
    busy.add(claimed.webhook());
    try {
      senders.execute(
          () -> {
            try {
              send(claimed);
            } catch (DatabaseException e) {
              LOG.warn("{}", e.getMessage());
            } catch (RuntimeException | Error e) {
              LOG.error("unexpected failure; the messenger continues", e);
            } finally {
              busy.remove(claimed.webhook());
              bell.release();
            }
          });
    } catch (Error e) { // there is no thread for it
      busy.remove(claimed.webhook());
      throw e;
    }
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
    Duration pause = backOff.apply(delivery.attempts() - 1);
    deliveries.note(
        delivery, delivered ? "delivered" : failed ? "failed" : "waiting", answer, pause);
  }

  private void pause() {
    try {
      if (bell.tryAcquire(poll.toNanos(), TimeUnit.NANOSECONDS)) {
        bell.drainPermits(); // one poll serves all
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
    Threads.join(List.of(thread));
    senders.shutdown();
    Threads.await(senders);
    client.close();
  }
}
