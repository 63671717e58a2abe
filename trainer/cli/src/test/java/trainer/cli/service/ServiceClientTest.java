package trainer.cli.service;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.Test;
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

  @ParameterizedTest
  @CsvSource({"404, 2", "409, 2", "422, 2", "429, 1", "502, 1", "503, 1"})
  void theExitCodeSaysWhetherAnotherTryMaySucceed(int status, int exitCode) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    byte[] problem = "{\"detail\": \"not now\"}".getBytes(UTF_8);
    server.createContext(
        "/",
        exchange -> {
          exchange.sendResponseHeaders(status, problem.length);
          exchange.getResponseBody().write(problem);
          exchange.close();
        });
    server.start();
    try {
      String address = "--server=http://127.0.0.1:" + server.getAddress().getPort();
      InProcess client = InProcess.run("cancel", "small-00000000", address);
      assertThat(client.exitCode()).isEqualTo(exitCode);
      assertThat(client.err()).startsWith("error: not now");
    } finally {
      server.stop(0);
    }
  }
}
