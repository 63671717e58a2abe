package trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

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
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Links that lead out of the dataset folders after a run was submitted. */
@Tag("slow")
final class ConfinedTextTest {
  private static final String LEADS_OUT = "leads out of the folders that may be read";
  private static final Pattern ADDRESS =
      Pattern.compile("serving on (http://127\\.0\\.0\\.1:\\d+)");

  @TempDir private Path temporary;
  private Path folder;
  private Path datasets;
  private Path secret;
  private String address;

  @BeforeEach
  void makeTexts() throws IOException {
    folder = Files.createDirectory(temporary.resolve("work"));
    datasets = Files.createDirectories(folder.resolve("datasets/sub")).getParent();
    for (String name : new String[] {"own.txt", "sub/a.txt", "held.txt"}) {
      Files.writeString(datasets.resolve(name), SmallJob.text(20_000, 1));
    }
    secret = Files.writeString(folder.resolve("secret.txt"), SmallJob.text(20_000, 2));
    SmallJob.write(folder);
    Files.delete(folder.resolve("corpus.txt"));
  }

  private String configuration(String data) throws IOException {
    return Files.readString(folder.resolve(SmallJob.FILE))
        .replace("corpus: corpus.txt", data)
        .replace("max_iterations: 160", "max_iterations: 4");
  }

  private Path linked(String name) throws IOException {
    Path link = datasets.resolve(name);
    Files.deleteIfExists(link);
    return Files.createSymbolicLink(link, secret);
  }

  private InProcess train(String data, String run) throws IOException {
    Path file = Files.writeString(folder.resolve("c.yml"), configuration(data));
    return InProcess.run(
        "train",
        file.toString(),
        "--output=" + folder.resolve(run),
        "--confine=/nowhere",
        "--confine=" + datasets);
  }

  @Test
  void aConfinedProcessReadsTextsOnlyFromItsFolders() throws IOException {
    InProcess inside = train("corpus: [datasets/own.txt, 'datasets/sub/*']", "run");
    assertThat(inside.exitCode()).as(inside.err()).isZero();
    Files.copy(folder.resolve("run/vocabulary.json"), folder.resolve("v.json"));
    Files.createSymbolicLink(datasets.resolve("v.json"), folder.resolve("v.json"));
    Files.createSymbolicLink(datasets.resolve("folder"), folder);
    linked("sub/zz.txt");
    linked("link.txt");
    for (String data :
        new String[] {
          "corpus: secret.txt",
          "corpus: datasets/link.txt",
          "corpus: 'datasets/sub/*'",
          "corpus: 'datasets/l*'",
          "corpus: datasets/folder/secret.txt",
          "corpus: 'datasets/folder/s*.txt'",
          "corpus: 'datasets/**/secret.txt'",
          "corpus: datasets/own.txt, vocabulary: datasets/v.json",
          "corpus: datasets/own.txt, vocabulary: run"
        }) {
      InProcess outside = train(data, "other");
      assertThat(outside.exitCode()).as(data).isEqualTo(2);
      assertThat(outside.err()).as(data).contains(LEADS_OUT);
    }
    InProcess evaluated = evaluate("link.txt");
    assertThat(evaluated.exitCode()).isEqualTo(2);
    assertThat(evaluated.err()).contains(LEADS_OUT);
    assertThat(evaluate("held.txt").exitCode()).isZero();
  }

  private InProcess evaluate(String text) {
    return InProcess.run(
        "evaluate",
        folder.resolve("run").toString(),
        "--corpus=" + datasets.resolve(text),
        "--confine=" + datasets);
  }

  @Test
  void aLinkThatIsMadeWhileARunWaitsIsNotFollowed() throws Exception {
    try (TrainerProcess service =
        TrainerProcess.start(folder, "serve", "--port", "0").awaitError("serving on ")) {
      Matcher matcher = ADDRESS.matcher(service.err());
      assertThat(matcher.find()).isTrue();
      address = matcher.group(1);
      String first =
          submit(configuration("corpus: held.txt").replace("max_iterations: 4", "epochs: 1000000"));
      String file = submit(configuration("corpus: own.txt"));
      String pattern = submit(configuration("corpus: 'sub/*'"));
      linked("own.txt");
      linked("sub/zz.txt");
      send("POST", "/runs/" + first + "/cancel", "");
      for (String run : new String[] {file, pattern}) {
        service.await("end of " + run, () -> state(run).equals("failed"));
        assertThat(send("GET", "/runs/" + run, "").path("reason").asText()).contains(LEADS_OUT);
      }
    }
  }

  private String submit(String configuration) {
    return send("POST", "/runs", configuration).path("id").asText();
  }

  private String state(String run) {
    return send("GET", "/runs/" + run, "").path("state").asText();
  }

  private JsonNode send(String method, String path, String body) {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(address + "/api/v1" + path))
            .header("Content-Type", body.isEmpty() ? "application/json" : "application/yaml")
            .method(method, BodyPublishers.ofString(body))
            .build();
    try {
      return new JsonMapper()
          .readTree(HttpClient.newHttpClient().send(request, BodyHandlers.ofString()).body());
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
