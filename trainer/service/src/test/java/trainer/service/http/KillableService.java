package trainer.service.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import trainer.service.worker.StandInWorker;

/**
 * A {@link StandInService} in a process that is killed (SIGKILL) and started again, and a client.
 */
final class KillableService {
  private static final JsonMapper JSON = new JsonMapper();

  private final Path folder;
  private final List<String> command;
  private final HttpClient client = HttpClient.newHttpClient();
  private Process process;
  private String address;

  /** Makes its folder of texts, but does not start it. */
  KillableService(Path folder, String database, int slots, Class<?> trainer) throws IOException {
    this.folder = folder;
    Files.createDirectories(folder.resolve("datasets"));
    command = new ArrayList<>(StandInWorker.javaWithArchive(StandInService.class));
    command.addAll(
        List.of(folder.toString(), database, Integer.toString(slots), trainer.getName()));
  }

  void start() throws IOException {
    process =
        new ProcessBuilder(command)
            .redirectError(ProcessBuilder.Redirect.appendTo(folder.resolve("log").toFile()))
            .start();
    address = "http://127.0.0.1:%s/api/v1".formatted(process.inputReader().readLine());
  }

  /**
   * Kills it.
   *
   * @param runs whether its runs die at the same time; else they end by themselves
   */
  void kill(boolean runs) throws InterruptedException {
    List<ProcessHandle> children = process.descendants().toList();
    process.destroyForcibly().waitFor();
    if (runs) {
      children.forEach(ProcessHandle::destroyForcibly);
    }
  }

  JsonNode send(String method, String path, String body) {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(address + path))
            .header("Content-Type", "application/json")
            .method(method, BodyPublishers.ofString(body))
            .build();
    try {
      return JSON.readTree(client.send(request, BodyHandlers.ofString()).body());
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  void close() throws InterruptedException {
    if (process != null) {
      kill(true);
    }
  }
}
