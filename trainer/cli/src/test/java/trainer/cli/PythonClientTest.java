package trainer.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import trainer.service.http.Service;

/** clients/python/charrnn.py. */
final class PythonClientTest {
  private static final Path CLIENT = Path.of("..", "..", "clients", "python").toAbsolutePath();
  private static final Pattern OPERATION =
      Pattern.compile("\"(\\w+)\": \\(\"([A-Z]+)\", \"(\\S+)\"\\)");
  private static final Pattern ADDRESS =
      Pattern.compile("serving on (http://127\\.0\\.0\\.1:\\d+)");

  @TempDir private Path folder;

  @Test
  void theClientKnowsEveryRequestOfTheService() throws IOException {
    Map<String, String> known = new TreeMap<>();
    Matcher operation = OPERATION.matcher(Files.readString(CLIENT.resolve("charrnn.py")));
    while (operation.find()) {
      known.put(operation.group(1), operation.group(2) + " " + operation.group(3));
    }

    assertThat(known).isEqualTo(described());
  }

  private static Map<String, String> described() throws IOException {
    Map<String, String> operations = new TreeMap<>();
    try (InputStream in = Service.class.getResourceAsStream("openapi.yaml")) {
      Map<?, ?> document =
          (Map<?, ?>) new Load(LoadSettings.builder().build()).loadFromInputStream(in);
      ((Map<?, ?>) document.get("paths"))
          .forEach(
              (path, methods) ->
                  ((Map<?, ?>) methods)
                      .forEach(
                          (method, content) -> {
                            if (content instanceof Map<?, ?> map
                                && map.get("operationId") != null) {
                              operations.put(
                                  map.get("operationId").toString(),
                                  method.toString().toUpperCase(Locale.ROOT) + " " + path);
                            }
                          }));
    }
    return operations;
  }

  @Test
  @Tag("slow")
  void runsAreSubmittedWatchedAndUsed() throws IOException, InterruptedException {
    boolean python =
        Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
            .anyMatch(directory -> Files.isExecutable(Path.of(directory, "python3")));
    assumeTrue(python, "there is no python3 on PATH");
    SmallJob.write(folder);
    Files.createDirectory(folder.resolve("datasets"));
    Files.move(folder.resolve("corpus.txt"), folder.resolve("datasets/corpus.txt"));
    try (TrainerProcess service =
        TrainerProcess.start(folder, "serve", "--port", "0").awaitError("serving on ")) {
      Matcher address = ADDRESS.matcher(service.err());
      assertThat(address.find()).isTrue();
      Process client =
          new ProcessBuilder(
                  "python3",
                  Path.of("src", "test", "python", "client_check.py").toString(),
                  CLIENT.toString(),
                  address.group(1),
                  folder.resolve(SmallJob.FILE).toString())
              .redirectErrorStream(true)
              .start();
      String printed = new String(client.getInputStream().readAllBytes(), UTF_8);
      assertThat(client.waitFor()).as(printed).isZero();
      assertThat(printed).endsWith("client: done\n");
    }
  }
}
