package trainer.service.webhook;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import trainer.service.database.Database;
import trainer.service.database.TestDatabases;

/** Webhooks over HTTPS, to a server with a self-signed certificate for localhost. */
@Tag("slow")
final class EncryptedWebhookTest {
  private static final char[] PASSWORD = "changeit".toCharArray();
  private static final Duration LONG = Duration.ofMinutes(2);

  @TempDir private static Path folder;
  private static SSLContext encryption;
  private static Receiver receiver;

  @BeforeAll
  static void start() throws Exception {
    encryption = encryption(keys());
    receiver = Receiver.encrypted(encryption);
  }

  @AfterAll
  static void stop() {
    receiver.close();
  }

  private static KeyStore keys() throws Exception {
    Path file = folder.resolve("keys.p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-J-XX:TieredStopAtLevel=1",
                "-genkeypair",
                "-keyalg",
                "EC",
                "-alias",
                "hook",
                "-dname",
                "CN=localhost",
                "-ext",
                "san=dns:localhost",
                "-storetype",
                "PKCS12",
                "-storepass",
                "changeit",
                "-keystore",
                file.toString())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("keytool.txt").toFile())
            .start();
    assertThat(keytool.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(keytool.exitValue()).as(Files.readString(folder.resolve("keytool.txt"))).isZero();
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(file)) {
      keys.load(in, PASSWORD);
    }
    return keys;
  }

  /** Shows the certificate, and trusts it and no other. */
  private static SSLContext encryption(KeyStore keys) throws GeneralSecurityException, IOException {
    KeyManagerFactory shown =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    shown.init(keys, PASSWORD);
    KeyStore certificates = KeyStore.getInstance("PKCS12");
    certificates.load(null, null);
    certificates.setCertificateEntry("hook", keys.getCertificate("hook"));
    TrustManagerFactory trusted =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trusted.init(certificates);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(shown.getKeyManagers(), trusted.getTrustManagers(), null);
    return context;
  }

  /** Trusts the authorities that Java knows. */
  private static SSLSocketFactory ofThisPlatform() {
    return (SSLSocketFactory) SSLSocketFactory.getDefault();
  }

  private static int post(String url, Supplier<SSLSocketFactory> trust, Duration limit)
      throws IOException {
    Targets targets = new Targets(Set.of("localhost", "127.0.0.1"));
    try (WebhookClient client = new WebhookClient(trust, limit)) {
      return client.post(targets.resolve(url), Map.of(), "{}");
    }
  }

  /** The delivery of an event by a service that trusts these certificates. */
  private static Delivery told(Database database, Supplier<SSLSocketFactory> trust)
      throws InterruptedException {
    Targets targets = new Targets(Set.of("localhost"));
    Webhooks webhooks = new Webhooks(database, targets);
    long webhook =
        webhooks
            .create(
                "https://localhost:%d/hook".formatted(receiver.port()),
                List.of(Event.RUN_FAILED),
                "anna")
            .webhook()
            .number();
    database.write(
        connection -> {
          Outbox.put(connection, database.dialect(), Event.RUN_FAILED, Map.of("id", "small-1"));
          return null;
        });
    try (Messenger messenger =
        new Messenger(
            database,
            targets,
            Duration.ofMillis(5),
            failures -> Duration.ofMillis(1),
            new WebhookClient(trust, LONG))) {
      messenger.start();
      long start = System.nanoTime();
      while (webhooks.deliveries(webhook, 1).get(0).endedAt() == null) {
        assertThat(System.nanoTime() - start).isLessThan(LONG.toNanos());
        TimeUnit.MILLISECONDS.sleep(5);
      }
    }
    Delivery told = webhooks.deliveries(webhook, 1).get(0);
    webhooks.delete(webhook);
    return told;
  }

  @Test
  void aTrustedServerIsToldAndAnotherIsNot() throws InterruptedException {
    try (Database database = Database.open(TestDatabases.sqlite(folder))) {
      Delivery refused = told(database, EncryptedWebhookTest::ofThisPlatform);
      assertThat(refused.state()).isEqualTo("failed");
      assertThat(refused.answer())
          .startsWith("the certificate of localhost is not trusted (")
          .endsWith("start the service with java -Djavax.net.ssl.trustStore=FILE");
      assertThat(receiver.messages()).as("an untrusted server gets nothing").isEmpty();

      Delivery delivered = told(database, encryption::getSocketFactory);
      assertThat(delivered.answer()).isEqualTo("status 204");
      assertThat(delivered.state()).isEqualTo("delivered");
      assertThat(receiver.messages()).hasSize(1);
      assertThat(receiver.messages().get(0).body()).contains("\"id\":\"small-1\"");
      receiver.messages().clear();
    }
  }

  @Test
  void theCertificateMustBeTheHosts() {
    String url = "https://127.0.0.1:%d/".formatted(receiver.port());
    assertThatThrownBy(() -> post(url, encryption::getSocketFactory, LONG))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("the certificate of 127.0.0.1 is not trusted (")
        .hasMessageContaining("127.0.0.1");
  }

  @Test
  void aServerThatDoesNotEncryptIsNamed() throws Exception {
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      begin(() -> answerOpenly(server));
      String url = "https://localhost:%d/".formatted(server.getLocalPort());
      assertThatThrownBy(() -> post(url, encryption::getSocketFactory, LONG))
          .isInstanceOf(IOException.class)
          .hasMessageStartingWith(
              "no TLS connection to localhost, port %d (".formatted(server.getLocalPort()))
          .hasMessageEndingWith("): does it speak https?");
    }
  }

  private static void answerOpenly(ServerSocket server) {
    try (Socket socket = server.accept()) {
      socket.getOutputStream().write("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(US_ASCII));
      socket.getInputStream().transferTo(OutputStream.nullOutputStream());
    } catch (IOException e) {
      // The other side has given up.
    }
  }

  private static void begin(Runnable server) {
    Thread thread = new Thread(server);
    thread.setDaemon(true);
    thread.start();
  }

  /** A byte now and then is no answer, whether it should be a handshake or a status. */
  @Test
  void whoAnswersTooSlowlyIsGivenUp() throws Exception {
    try (ServerSocket server = new ServerSocket(0, 2, InetAddress.getLoopbackAddress())) {
      begin(() -> drip(server));
      for (String scheme : List.of("http", "https")) {
        String url = "%s://localhost:%d/".formatted(scheme, server.getLocalPort());
        assertThatThrownBy(
                () -> post(url, EncryptedWebhookTest::ofThisPlatform, Duration.ofMillis(300)))
            .as(scheme)
            .isInstanceOf(SocketTimeoutException.class)
            .hasMessage("no answer in 0.3 s");
      }
    }
  }

  private static void drip(ServerSocket server) {
    byte[] handshake = {22, 3, 3, 0x40, 0}; // says that 16 KiB follow
    while (!server.isClosed()) {
      try (Socket socket = server.accept()) {
        OutputStream out = socket.getOutputStream();
        for (int i = 0; ; i++) {
          out.write(handshake[Math.min(i, handshake.length - 1)]);
          out.flush();
          TimeUnit.MILLISECONDS.sleep(10);
        }
      } catch (IOException | InterruptedException e) {
        // The other side has given up, which is the end of this connection.
      }
    }
  }
}
