package trainer.cli.service;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import trainer.cli.InProcess;

final class ServiceClientTest {
  @Test
  void aPasswordInTheAddressIsRefusedAndNotShown() {
    for (String command : new String[] {"runs", "models"}) {
      InProcess client = InProcess.run(command, "--server=http://user:secret@127.0.0.1:1");
      assertThat(client.exitCode()).isEqualTo(2);
      assertThat(client.err()).contains("TRAINER_TOKEN").doesNotContain("secret");
    }
  }

  @Test
  void aTokenThatIsUnknownIsToldFromNone() {
    assertThat(ServiceClient.hint(401, "/api/v1/runs", false)).contains("set the environment");
    assertThat(ServiceClient.hint(401, "/api/v1/runs", true)).contains("does not know the token");
  }

  @ParameterizedTest
  @CsvSource({"404, 2", "409, 2", "422, 2", "429, 1", "502, 1", "503, 1"})
  void theExitCodeSaysWhetherAnotherTryMaySucceed(int status, int exitCode) throws IOException {
    InProcess client = serve(exchange -> answer(exchange, status), "cancel", "small-00000000");
    assertThat(client.exitCode()).isEqualTo(exitCode);
    assertThat(client.err()).startsWith("error: not now");
  }

  /** The service is started again meanwhile. */
  @Test
  void aSweepIsFollowedWhenTheServiceIsBack(@TempDir Path folder) throws IOException {
    Path job = Files.writeString(folder.resolve("job.yml"), "data: {corpus: text.txt}\n");
    Iterator<Integer> statuses = List.of(201, 503, 200).iterator();
    InProcess client =
        serve(exchange -> answer(exchange, statuses.next()), "sweep", job, "--vary=seed=1");
    assertThat(client.err()).endsWith("sweep_00000000: succeeded\n");
    assertThat(client.exitCode()).isZero();
  }

  /** Runs a command with a service that answers so. */
  private static InProcess serve(HttpHandler answers, Object... words) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", answers);
    server.start();
    try {
      String address = "--server=http://127.0.0.1:" + server.getAddress().getPort();
      return InProcess.run(
          Stream.concat(Stream.of(words).map(Object::toString), Stream.of(address))
              .toArray(String[]::new));
    } finally {
      server.stop(0);
    }
  }

  private static void answer(HttpExchange exchange, int status) throws IOException {
    String sweep = "{'id': 'sweep_00000000', 'state': 'succeeded', 'ended_at': %s}";
    String body =
        status == 200
            ? sweep.formatted("'now'")
            : status == 201 ? sweep.formatted("null") : "{'detail': 'not now'}";
    byte[] bytes = body.replace('\'', '"').getBytes(UTF_8);
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }
}
