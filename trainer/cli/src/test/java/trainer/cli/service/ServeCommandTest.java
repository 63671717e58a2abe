package trainer.cli.service;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import trainer.cli.InProcess;
import trainer.cli.RunContents;
import trainer.cli.SmallJob;
import trainer.cli.TrainerProcess;
import trainer.cli.TrainerProcess.Result;

/** The service and its clients as their users run them: processes that train for real. */
@Tag("slow")
final class ServeCommandTest {
  private static final Pattern ADDRESS =
      Pattern.compile("serving on (http://127\\.0\\.0\\.1:\\d+)");
  private static final String SECRET = "s".repeat(32);
  private static final String ESCAPE = "\u001b";
  private static final String ID = "small-[0-9a-z]{8}";

  private static final String SERVICE_CLASS =
      ".*\\] (trainer\\.service\\.|io\\.javalin|org\\.eclipse\\.jetty|kotlin\\.|org\\.sqlite"
          + "|org\\.postgresql|org\\.flywaydb|com\\.zaxxer|io\\.micrometer).*";

  @TempDir private Path temporary;
  private Path folder;

  @BeforeEach
  void makeDataset() throws IOException {
    folder = Files.createDirectory(temporary.resolve("work"));
    SmallJob.write(folder);
    Files.createDirectory(folder.resolve("datasets"));
    Files.move(folder.resolve("corpus.txt"), folder.resolve("datasets/corpus.txt"));
  }

  private TrainerProcess serve() {
    return TrainerProcess.start(folder, "serve", "--port", "0").awaitError("serving on ");
  }

  private static String address(TrainerProcess service) {
    Matcher matcher = ADDRESS.matcher(service.err().replace("\\/", "/")); // as JSON has it
    assertThat(matcher.find()).as(service.err()).isTrue();
    return matcher.group(1);
  }

  /** In this process, which starts faster than another. */
  private static InProcess client(TrainerProcess service, String... words) {
    return InProcess.run(SmallJob.with(words, "--server", address(service)));
  }

  private String job() {
    return folder.resolve(SmallJob.FILE).toString();
  }

  /** With another number of iterations. */
  private String job(String iterations) throws IOException {
    String text = Files.readString(folder.resolve(SmallJob.FILE));
    Path file = folder.resolve(iterations + ".yml");
    return Files.writeString(file, text.replace("iterations: 160", "iterations: " + iterations))
        .toString();
  }

  private static HttpResponse<String> generate(TrainerProcess service, String id, String prompt)
      throws IOException, InterruptedException {
    String body = "{\"length\": 5, \"seed\": 1, \"prime\": \"%s\"}".formatted(prompt);
    URI address = URI.create("%s/api/v1/runs/%s/generate".formatted(address(service), id));
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(address)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(body))
                .build(),
            BodyHandlers.ofString());
  }

  @Test
  void aJobIsSubmittedWatchedAndListed() throws IOException, InterruptedException {
    Path corpus = folder.resolve("datasets/corpus.txt"); // as a log of a terminal
    Files.writeString(corpus, Files.readString(corpus).replace("Night", ESCAPE + "[31mNight"));
    List<String> secrets = List.of("env", "TRAINER_TOKEN=" + SECRET, "TRAINER_SERVE_PORT=0");
    try (TrainerProcess service =
        TrainerProcess.startBy(secrets, folder, List.of(), "serve").awaitError("serving on ")) {
      InProcess submitted = client(service, "submit", job(), "--watch");
      assertThat(submitted.exitCode()).as(submitted.err()).isZero();
      assertThat(submitted.out()).matches(ID + "\n");
      String id = submitted.out().strip();
      assertThat(submitted.err())
          .contains(id + ": running")
          .contains("loss curve: ")
          .contains(id + ": succeeded");
      InProcess runs = client(service, "runs");
      assertThat(runs.out()).contains(id + " ").contains("succeeded").contains("160/160");
      Path run = folder.resolve("models").resolve(id).resolve("1");
      assertThat(RunContents.rows(run)).hasSize(40);
      assertThat(submitted.err()).doesNotContain(ESCAPE);
      assertThat(RunContents.read(run.resolveSibling("1.log"))).doesNotContain(ESCAPE);
      assertThat(generate(service, id, "the \\u001b[31m").statusCode()).isEqualTo(200);
      HttpResponse<String> unknown =
          generate(service, id, "\\u0000\\ud800\\u001b]0;x\\u0007@/etc/passwd");
      assertThat(unknown.statusCode()).as(unknown.body()).isEqualTo(422);
      assertThat(unknown.body()).contains("prime: ").doesNotContain(ESCAPE, "\u0000");

      assertThat(generate(service, id, "the ").body()).isEqualTo(sample(run, "the "));
      ProcessHandle inference = service.child("inference-process");
      inference.destroyForcibly();
      HttpResponse<String> after = generate(service, id, "the ");
      if (after.statusCode() == 503) { // its death was not seen before
        after = generate(service, id, "the ");
      }
      assertThat(after.body()).isEqualTo(sample(run, "the "));
      inference = service.child("inference-process");

      InProcess late = client(service, "cancel", id);
      assertThat(late.exitCode()).isEqualTo(2);
      assertThat(late.err()).contains("cannot be cancelled: it has ended");

      isForked(service, id, run);
      InProcess longer = client(service, "submit", job("100000"));
      Path second = folder.resolve("models").resolve(longer.out().strip()).resolve("1");
      Path metrics = second.resolve("metrics.csv");
      service.await("rows", () -> Files.exists(metrics) && hasRows(metrics));
      List<String> shown = service.childrenAsShown();
      assertThat(shown).anyMatch(process -> process.contains("\0train\0"));
      assertThat(shown)
          .noneMatch(process -> process.contains(SECRET) || process.contains("TRAINER_"));
      service.signal("KILL");
      service.end();
      awaitEnd(second);
      assertThat(inference.onExit())
          .as("process with models")
          .succeedsWithin(Duration.ofMinutes(1));
    }
  }

  /** It keeps the curve of the run up to its checkpoint, and trains four iterations more. */
  private void isForked(TrainerProcess service, String id, Path run) throws IOException {
    InProcess fork = client(service, "submit", job("164"), "--fork", id + "@160", "--watch");
    assertThat(fork.exitCode()).as(fork.err()).isZero();
    Path forked = folder.resolve("models").resolve(fork.out().strip()).resolve("1");
    assertThat(fork.err()).contains("at iteration 160");
    assertThat(RunContents.read(forked.resolve("metrics.csv")))
        .startsWith(RunContents.read(run.resolve("metrics.csv")));
    assertThat(RunContents.rows(forked)).hasSize(41);
  }

  private static String sample(Path run, String prompt) {
    InProcess sampled =
        InProcess.run("sample", run.toString(), "--length=5", "--seed=1", "--prompt=" + prompt);
    assertThat(sampled.exitCode()).as(sampled.err()).isZero();
    return sampled.out().substring(0, sampled.out().length() - 1); // without the last newline
  }

  /** A training process must not outlive the service that was killed: it would hold the GPU. */
  private static void awaitEnd(Path run) {
    long start = System.nanoTime();
    while (!Files.exists(run.resolve("latest.zip"))
        || !RunContents.read(run.resolve("events.jsonl")).contains("stop requested")) {
      assertThat(System.nanoTime() - start).isLessThan(TimeUnit.MINUTES.toNanos(2));
      TrainerProcess.pause(20);
    }
  }

  /** The signal goes to its training process, too, as systemd and kill -- -PGID send it. */
  @Test
  void aStoppedServiceGoesOnWhereItStopped() throws IOException {
    String id;
    List<String> ownGroup = List.of("setsid");
    try (TrainerProcess service =
        TrainerProcess.startBy(ownGroup, folder, List.of(), "serve", "--port", "0")
            .awaitError("serving on ")) {
      id = client(service, "submit", job("100000")).out().strip();
      Path metrics = folder.resolve("models").resolve(id).resolve("1/metrics.csv");
      service.await("rows", () -> Files.exists(metrics) && hasRows(metrics));
      Result stopped = service.signalGroup("TERM").end();
      assertThat(stopped.exitCode()).as(stopped.err()).isEqualTo(143);
      assertThat(stopped.err()).contains("run " + id + ", attempt 1: queued");
    }
    assertThat(folder.resolve("models").resolve(id).resolve("1/latest.zip"))
        .as(RunContents.read(folder.resolve("models").resolve(id).resolve("1.log")))
        .exists();
    try (TrainerProcess service = serve()) {
      Path log = folder.resolve("models").resolve(id).resolve("2.log");
      service.await(
          "going on",
          () -> Files.exists(log) && RunContents.read(log).contains("(resuming at iteration "));
      InProcess cancelled = client(service, "cancel", id);
      assertThat(cancelled.exitCode()).as(cancelled.err()).isZero();
      InProcess watched = client(service, "watch", id);
      assertThat(watched.exitCode()).as(watched.err()).isEqualTo(1);
      assertThat(watched.err()).contains(id + ": cancelled");
    }
  }

  private static boolean hasRows(Path metrics) {
    return RunContents.read(metrics).lines().count() > 2;
  }

  @Test
  void whatCannotBeServedIsSaid() throws IOException {
    String runs = "--runs=" + folder.resolve("models");
    try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      InProcess port = InProcess.run("serve", runs, "--port=" + other.getLocalPort());
      assertThat(port.exitCode()).as(port.err()).isEqualTo(2);
      assertThat(port.err()).contains("port %d: cannot listen".formatted(other.getLocalPort()));
    }
    InProcess host = InProcess.run("serve", runs, "--host", "0.0.0.0");
    assertThat(host.exitCode()).isEqualTo(2);
    assertThat(host.err()).contains("--host 0.0.0.0").contains("--token-file");
    InProcess database = InProcess.run("serve", runs, "--database", "jdbc:h2:mem:");
    assertThat(database.exitCode()).isEqualTo(2);
    assertThat(database.err()).contains("--database jdbc:h2:mem:");
    InProcess nobody = InProcess.run("runs", "--server", "http://127.0.0.1:1");
    assertThat(nobody.exitCode()).as("another try may succeed").isEqualTo(1);
    assertThat(nobody.err()).contains("no answer: start a service with 'serve'");
  }

  @Test
  void aFileSetsItUpAndTheLogIsJsonLines() throws IOException {
    Files.writeString(
        folder.resolve("service.yml"),
        "port: 0\nlog_format: json\nruns: kept\nheap_megabytes: 16\n");
    Files.writeString(
        folder.resolve(SmallJob.FILE),
        "data: {corpus: corpus.txt}\nmodel: {layers: [{type: lstm, size: 512}]}\n");
    try (TrainerProcess service =
        TrainerProcess.start(folder, "serve", "service.yml").awaitError("serving on ")) {
      InProcess runs = client(service, "runs");
      assertThat(runs.exitCode()).as(runs.err()).isZero();
      String large = client(service, "submit", job()).out().strip();
      service.await(
          "reason",
          () ->
              service
                  .err()
                  .matches(
                      "(?s).*%s, attempt 1: queued [(]out of memory [(].*[)]: raise the service's limit for runs, as in serve --heap-megabytes 4000; or.*"
                          .formatted(large)));
      assertThat(client(service, "cancel", large).exitCode()).as("it would be retried").isZero();
      String log = service.signal("TERM").end().err();
      String fromJava = "NOTE: Picked up JDK_JAVA_OPTIONS"; // before the program begins
      for (String line : log.lines().filter(each -> !each.startsWith(fromJava)).toList()) {
        assertThat(new JsonMapper().readTree(line).path("formattedMessage").asText())
            .as(line)
            .isNotEmpty();
      }
      assertThat(log)
          .contains("\"loggerName\":\"trainer.service.access\"")
          .contains("{\"status\":\"200\"}")
          .contains("SIGTERM: runs save a checkpoint");
      assertThat(folder.resolve("kept/service.db")).exists();
    }
    Files.writeString(folder.resolve("service.yml"), "prot: 0\n");
    InProcess wrong =
        InProcess.run("serve", folder.resolve("service.yml").toString(), "--slots", "x");
    assertThat(wrong.exitCode()).isEqualTo(2);
    assertThat(wrong.err())
        .contains("service.yml:1: prot: unknown key; did you mean 'port'?")
        .contains("--slots x: must be a whole number, not x");
  }

  @Test
  void trainingLoadsNothingOfTheService() {
    Result result =
        TrainerProcess.run(
            folder,
            List.of("-Xlog:class+load:file=classes.txt"),
            SmallJob.FILE,
            "--set=data.corpus=datasets/corpus.txt",
            "--set=training.max_iterations=1");
    assertThat(result.exitCode()).as(result.err()).isZero();
    List<String> loaded = RunContents.read(folder.resolve("classes.txt")).lines().toList();
    assertThat(loaded).hasSizeGreaterThan(1000);
    assertThat(loaded)
        .filteredOn(line -> line.matches(SERVICE_CLASS))
        .as("classes of the service")
        .isEmpty();
  }
}
