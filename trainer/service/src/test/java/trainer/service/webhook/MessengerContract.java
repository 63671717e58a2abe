package trainer.service.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;
import trainer.service.database.Database;
import trainer.service.database.Sql;
import trainer.service.webhook.Receiver.Message;

/** Contract of {@link Messenger} for both databases. */
@SuppressWarnings("try") // a messenger works while it is open
abstract class MessengerContract {
  private static final Set<String> LOCAL = Set.of("localhost");

  @TempDir private Path folder;
  private Database database;

  abstract Database open(Path folder);

  @BeforeEach
  void start() {
    database = open(folder);
  }

  @AfterEach
  void stop() {
    database.close();
  }

  private Messenger messenger(Targets targets) {
    Messenger messenger =
        new Messenger(database, targets, Duration.ofMillis(20), failures -> Duration.ofMillis(5));
    messenger.start();
    return messenger;
  }

  private Webhooks.Made made(Targets targets, Receiver receiver, List<Event> events) {
    return new Webhooks(database, targets)
        .create("http://localhost:%d/hook?a=1".formatted(receiver.port()), events, "anna");
  }

  private void put(Event event) {
    database.write(
        connection -> {
          Outbox.put(connection, database.dialect(), event, Map.of("id", "small-1", "name", "Ä"));
          return null;
        });
  }

  private Delivery newest(Webhooks.Made made) {
    return new Webhooks(database, new Targets(LOCAL)).deliveries(made.webhook().number(), 1).get(0);
  }

  private static void await(BooleanSupplier happened) throws InterruptedException {
    long start = System.nanoTime();
    while (!happened.getAsBoolean()) {
      assertThat(System.nanoTime() - start).isLessThan(TimeUnit.MINUTES.toNanos(2));
      TimeUnit.MILLISECONDS.sleep(10);
    }
  }

  /** URLs of chat services are secrets. */
  @Test
  void theLogNamesAWebhookByNumberAndHost() throws Exception {
    ListAppender<ILoggingEvent> log = new ListAppender<>();
    log.start();
    Logger logger = (Logger) LoggerFactory.getLogger(Messenger.class);
    logger.addAppender(log);
    try (Receiver receiver = new Receiver(number -> 500, null);
        Messenger messenger = messenger(new Targets(Set.of()))) {
      Webhooks.Made made = made(new Targets(LOCAL), receiver, List.of(Event.RUN_FAILED));
      put(Event.RUN_FAILED);
      await(() -> newest(made).answer() != null);
      assertThat(log.list)
          .extracting(ILoggingEvent::getFormattedMessage)
          .isNotEmpty()
          .allMatch(line -> line.contains("webhook 1 (localhost)"))
          .noneMatch(line -> line.contains("hook?a=1"));
      assertThat(newest(made).answer()).doesNotContain("hook?a=1");
    } finally {
      logger.detachAppender(log);
    }
  }

  @Test
  void aMessageIsSignedAndSentAgainUntilItIsTaken() throws Exception {
    Targets targets = new Targets(LOCAL);
    try (Receiver receiver = new Receiver(number -> number < 2 ? 503 : 204, null);
        Messenger messenger = messenger(targets)) {
      Webhooks.Made made = made(targets, receiver, List.of(Event.RUN_FAILED));
      put(Event.RUN_SUCCEEDED);
      put(Event.RUN_FAILED);
      await(() -> newest(made).endedAt() != null);

      assertThat(newest(made).state()).isEqualTo("delivered");
      assertThat(newest(made).attempts()).isEqualTo(3);
      assertThat(newest(made).answer()).isEqualTo("status 204");
      assertThat(receiver.messages()).hasSize(3);
      Set<String> ids = new HashSet<>();
      for (Message message : receiver.messages()) {
        ids.add(message.header("Webhook-id"));
        assertThat(message.path()).isEqualTo("/hook?a=1");
        assertThat(message.body()).contains("\"type\":\"run.failed\"").contains("\"name\":\"Ä\"");
        assertThat(message.header("Host")).isEqualTo("localhost:" + receiver.port());
        String signed =
            "%s.%s.%s"
                .formatted(
                    message.header("Webhook-id"),
                    message.header("Webhook-timestamp"),
                    message.body());
        assertThat(message.header("Webhook-signature"))
            .isEqualTo("v1," + hmac(made.secret(), signed));
      }
      assertThat(ids).as("the same message").hasSize(1);
    }
  }

  private static String hmac(String secret, String text) throws Exception {
    Mac mac = Mac.getInstance("HmacSHA256");
    byte[] key = Base64.getDecoder().decode(secret.replace("whsec_", ""));
    mac.init(new SecretKeySpec(key, "HmacSHA256"));
    return Base64.getEncoder().encodeToString(mac.doFinal(text.getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void aReceiverThatDoesNotAnswerDelaysNoOther() throws Exception {
    Targets targets = new Targets(LOCAL);
    try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Receiver receiver = new Receiver(number -> 204, null)) {
      try (Messenger messenger = messenger(targets)) {
        Webhooks.Made hangs =
            new Webhooks(database, targets)
                .create(
                    "http://localhost:" + silent.getLocalPort(),
                    List.of(Event.RUN_SUCCEEDED),
                    "anna");
        Webhooks.Made answers = made(targets, receiver, List.of(Event.RUN_FAILED));
        for (int i = 0; i < 3; i++) {
          put(Event.RUN_SUCCEEDED);
        }
        try (Socket waits = silent.accept()) {
          put(Event.RUN_FAILED);
          await(() -> newest(answers).endedAt() != null);
          assertThat(new Webhooks(database, targets).deliveries(hangs.webhook().number(), 3))
              .as("one at a time")
              .extracting(Delivery::attempts)
              .containsExactly(0, 0, 1);
          new Webhooks(database, targets).delete(hangs.webhook().number());
        }
      }
    }
  }

  /** As if the clock had been a year ahead when a failed message was put off. */
  @Test
  void aClockThatIsSetBackDelaysNoMessage() throws Exception {
    Targets targets = new Targets(LOCAL);
    try (Receiver receiver = new Receiver(number -> 204, null)) {
      Webhooks.Made made = made(targets, receiver, List.of(Event.RUN_FAILED));
      put(Event.RUN_FAILED);
      long year = Duration.ofDays(365).toMillis();
      database.write(
          connection ->
              Sql.of("UPDATE deliveries SET not_before = not_before + ?", year).update(connection));
      try (Messenger messenger = messenger(targets)) {
        await(() -> newest(made).endedAt() != null);
      }
    }
  }

  @Test
  void aRedirectIsNotFollowed() throws Exception {
    Targets targets = new Targets(LOCAL);
    try (Receiver inside = new Receiver(number -> 200, null);
        Receiver receiver =
            new Receiver(number -> 307, "http://127.0.0.1:%d/secret".formatted(inside.port()));
        Messenger messenger = messenger(targets)) {
      Webhooks.Made made = made(targets, receiver, List.of(Event.values()));
      put(Event.MODEL_PROMOTED);
      await(() -> newest(made).endedAt() != null);

      assertThat(newest(made).state()).isEqualTo("failed");
      assertThat(newest(made).answer()).isEqualTo("status 307; redirects are not followed");
      assertThat(receiver.messages()).hasSize(12);
      assertThat(inside.messages()).isEmpty();
    }
  }

  /** The name is public when the webhook is made, and means this machine later. */
  @Test
  void aNameThatIsBoundAnewLeadsNowhere() throws Exception {
    AtomicBoolean rebound = new AtomicBoolean();
    Targets targets =
        new Targets(
            Set.of(),
            host ->
                new InetAddress[] {
                  InetAddress.getByName(rebound.get() ? "127.0.0.1" : "93.184.215.14")
                });
    try (Receiver receiver = new Receiver(number -> 200, null)) {
      Webhooks.Made made = made(targets, receiver, List.of(Event.values()));
      rebound.set(true);
      try (Messenger messenger = messenger(targets)) {
        put(Event.RUN_SUCCEEDED);
        await(() -> newest(made).endedAt() != null);
      }
      assertThat(newest(made).answer()).contains("is a private or local address");
      assertThat(receiver.messages()).isEmpty();
    }
  }

  @Test
  void whatWasNotCommittedIsNotTold() throws Exception {
    Targets targets = new Targets(LOCAL);
    try (Receiver receiver = new Receiver(number -> 200, null);
        Messenger messenger = messenger(targets)) {
      Webhooks.Made made = made(targets, receiver, List.of(Event.values()));
      try {
        database.write(
            connection -> {
              Outbox.put(connection, database.dialect(), Event.RUN_FAILED, Map.of());
              throw new IllegalStateException("rolled back");
            });
      } catch (IllegalStateException e) {
        put(Event.RUN_SUCCEEDED);
      }
      await(() -> receiver.messages().size() == 1 && newest(made).endedAt() != null);
      assertThat(receiver.messages().get(0).body()).contains("run.succeeded");
      assertThat(new Webhooks(database, targets).delete(made.webhook().number())).isTrue();
    }
  }

  @Test
  void whatWasToldLongAgoIsForgotten() throws Exception {
    Targets targets = new Targets(LOCAL);
    Webhooks webhooks = new Webhooks(database, targets);
    try (Receiver receiver = new Receiver(number -> 200, null);
        Messenger messenger = messenger(targets)) {
      Webhooks.Made made = made(targets, receiver, List.of(Event.values()));
      put(Event.RUN_SUCCEEDED);
      await(() -> newest(made).endedAt() != null);
      assertThat(webhooks.forgetDeliveries()).isZero();
      long days = Duration.ofDays(31).toMillis();
      database.write(
          connection ->
              Sql.of("UPDATE deliveries SET ended_at = ended_at - ?", days).update(connection));
      assertThat(webhooks.forgetDeliveries()).isEqualTo(1);
      messenger.close();
      put(Event.RUN_FAILED);
      assertThat(webhooks.forgetDeliveries()).isZero();
      database.write(
          connection ->
              Sql.of("UPDATE deliveries SET created_at = created_at - ?", days).update(connection));
      assertThat(webhooks.forgetDeliveries()).as("never delivered").isEqualTo(1);
      assertThat(webhooks.deliveries(made.webhook().number(), 9)).isEmpty();
    }
  }

  /** Several services on one database. */
  @Test
  void manyMessengersTellEachThingOnce() throws Exception {
    Targets targets = new Targets(LOCAL);
    try (Receiver receiver = new Receiver(number -> 200, null);
        Messenger one = messenger(targets);
        Messenger other = messenger(targets)) {
      Webhooks.Made made = made(targets, receiver, List.of(Event.values()));
      for (int i = 0; i < 30; i++) {
        put(Event.RUN_SUCCEEDED);
      }
      Webhooks webhooks = new Webhooks(database, targets);
      await(
          () ->
              webhooks.deliveries(made.webhook().number(), 100).stream()
                  .allMatch(delivery -> delivery.endedAt() != null));
      assertThat(receiver.messages().stream().map(message -> message.header("Webhook-id")))
          .hasSize(30)
          .doesNotHaveDuplicates();
    }
  }
}
