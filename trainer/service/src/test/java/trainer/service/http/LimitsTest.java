package trainer.service.http;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Requests beyond the limits of a service. */
final class LimitsTest {
  private static final Limits LIMITS =
      new Limits(0, 10, 2, Duration.ofSeconds(30), Duration.ofMillis(300), Duration.ofSeconds(1));

  @TempDir private static Path folder;
  private static TestService service;

  @BeforeAll
  static void start() {
    service = TestService.withLimits(folder, LIMITS);
  }

  @AfterAll
  static void stop() {
    service.close();
  }

  /** One that is never idle could hold a thread for ever. */
  @Test
  void aBodyThatComesTooSlowlyIsEnded() throws IOException, InterruptedException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), service.port())) {
      socket.setSoTimeout(10_000);
      String head =
          """
          POST /api/v1/runs HTTP/1.1
          Host: localhost
          Content-Type: application/yaml
          Content-Length: 100000

          """;
      OutputStream out = socket.getOutputStream();
      InputStream in = socket.getInputStream();
      out.write(head.replace("\n", "\r\n").getBytes(US_ASCII));
      for (int sent = 0; in.available() == 0; sent++) {
        assertThat(sent).as("bytes of the body").isLessThan(1000);
        out.write('#');
        TimeUnit.MILLISECONDS.sleep(10);
      }
      List<String> answer = new ArrayList<>();
      BufferedReader lines = new BufferedReader(new InputStreamReader(in, US_ASCII));
      for (String line = lines.readLine(); !line.isEmpty(); line = lines.readLine()) {
        answer.add(line);
      }
      assertThat(answer).startsWith("HTTP/1.1 408 Request Timeout").contains("Connection: close");
      assertThat(lines.readLine()).contains("the body took more than 0.3 s: send it again");
    }
  }

  /** Downloads the model of a run; returns the number of bytes that came, with the head. */
  private static int download(String id, int firstPause, int pauses) throws Exception {
    try (Socket socket = new Socket()) {
      socket.setReceiveBufferSize(4096);
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), service.port()));
      socket.setSoTimeout(10_000);
      String head =
          "GET /api/v1/runs/%s/model.zip HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
      socket.getOutputStream().write(head.formatted(id).getBytes(US_ASCII));
      TimeUnit.MILLISECONDS.sleep(firstPause);
      byte[] block = new byte[1 << 16];
      int bytes = 0;
      for (int read = 0; read >= 0; read = socket.getInputStream().read(block)) {
        bytes += read;
        TimeUnit.MILLISECONDS.sleep(pauses);
      }
      return bytes;
    } catch (SocketException e) {
      return 0; // reset
    }
  }

  @Test
  void anAnswerThatIsReadTooSlowlyIsEndedButASlowLinkIsServed() throws Exception {
    String id = service.submitted(1);
    service.awaitState(id, "succeeded");
    Path model = service.runs().resolve(id).resolve("1/model.zip");
    try (RandomAccessFile file = new RandomAccessFile(model.toFile(), "rw")) {
      file.setLength(20_000_000);
      assertThat(download(id, 3000, 0)).isLessThan(20_000_000); // 64 KiB may take 1 s
      file.setLength(1_000_000);
      assertThat(download(id, 0, 5)).isGreaterThan(1_000_000);
    }
  }

  private static <T> HttpResponse<T> watch(String id, HttpResponse.BodyHandler<T> body) {
    return service.send(
        service.request("/api/v1/runs/" + id + "/events").header("Accept", "text/event-stream"),
        body);
  }

  @Test
  @Timeout(60) // seconds; a third subscriber would read until the run ends
  void moreSubscribersAreToldToComeBack() {
    String id = service.submitted(100_000);
    try (Stream<String> first = watch(id, BodyHandlers.ofLines()).body();
        Stream<String> second = watch(id, BodyHandlers.ofLines()).body()) {
      assertThat(Stream.of(first, second).map(lines -> lines.findFirst().orElseThrow()))
          .containsOnly("event: state");
      HttpResponse<String> third = watch(id, BodyHandlers.ofString());
      assertThat(third.statusCode()).isEqualTo(503);
      assertThat(third.headers().firstValue("Retry-After")).hasValue("60");
      assertThat(TestService.json(third).path("detail").asText())
          .isEqualTo("2 clients are subscribed, the limit: poll the run instead");
    }
  }
}
