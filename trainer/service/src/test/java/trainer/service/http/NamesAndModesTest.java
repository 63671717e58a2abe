package trainer.service.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import trainer.run.RunDirectory;
import trainer.service.database.Database;
import trainer.service.database.TestDatabases;
import trainer.service.registry.Checkpoints;
import trainer.service.registry.Registry;
import trainer.service.registry.RegistryFiles;
import trainer.service.runs.Runs;
import trainer.service.runs.Submissions;
import trainer.service.schedule.Plans;
import trainer.service.schedule.Schedules;

/** Names that a command would take for an option, and permissions of what the service writes. */
@Tag("slow")
final class NamesAndModesTest {
  @TempDir private static Path folder;
  private static TestService service;
  private static String trained;

  @BeforeAll
  static void start() throws IOException {
    Path runs = Files.createDirectories(folder.resolve("runs"));
    Files.setPosixFilePermissions(runs, PosixFilePermissions.fromString("rwxrwxr-x"));
    service = TestService.open(folder);
    trained = service.submitted(1);
    service.awaitState(trained, "succeeded");
  }

  @AfterAll
  static void stop() {
    service.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"--help", "-rf", "-", ".x", "..", "a/b", "a b", "a\u00e9"})
  void namesThatHarmAShellAreRefused(String name) {
    assertThat(service.submit(TestService.configuration(1).replace("small", "'" + name + "'")))
        .satisfies(answer -> assertThat(answer.statusCode()).as(answer.body()).isEqualTo(422));
    if (!name.contains("/") && !name.contains(" ")) {
      assertThat(
              service
                  .post(
                      "/api/v1/models/" + name + "/versions",
                      "{\"run\": \"%s\"}".formatted(trained))
                  .statusCode())
          .isIn(400, 404, 422);
      assertThat(service.upload(name, "text").statusCode()).isIn(400, 404, 422);
    }
    assertThat(
            service
                .post(
                    "/api/v1/schedules",
                    "{\"name\": \"%s\", \"cron\": \"0 0 1 1 *\", \"configuration\": \"%s\"}"
                        .formatted(name, TestService.configuration(1).replace("\n", "\\n")))
                .statusCode())
        .isEqualTo(422);
  }

  /** Version 1.0.0 allowed hyphens in front. */
  @Test
  void namesOfEarlierVersionsStayUsable() throws Exception {
    String configuration = TestService.configuration(2).replace("small", "-x");
    Path earlier = Files.createDirectory(folder.resolve("earlier"));
    String id;
    try (Database database = Database.open(TestDatabases.sqlite(earlier))) {
      id = new Runs(database).submit(Submissions.of("-x", configuration, 0, "", null)).run().id();
      new Schedules(database).create(Plans.of("-x", configuration), "anna");
      RunDirectory trained = new RunDirectory(earlier.resolve("trained"));
      Files.createDirectory(trained.path());
      Checkpoints.write(trained.best(), "step 1");
      new Registry(database, new RegistryFiles(earlier.resolve("runs")))
          .register("-x", trained, "-x-00000000", "anna");
    }
    try (TestService old = TestService.open(earlier)) {
      old.awaitState(id, "succeeded");
      old.post("/api/v1/models/-x/versions", "{\"run\": \"%s\"}".formatted(id));
      old.post("/api/v1/models/-x/promote", "{\"version\": 1, \"reason\": \"first\"}");
      ObjectNode schedule = (ObjectNode) old.json("/api/v1/schedules/-x");
      schedule.remove(List.of("paused", "next_at", "changed_by", "changed_at"));
      HttpResponse<String> changed =
          old.send(
              old.request("/api/v1/schedules/-x")
                  .header("Content-Type", "application/json")
                  .PUT(BodyPublishers.ofString(schedule.put("margin", 0.5).toString())));
      assertThat(changed.statusCode()).as(changed.body()).isEqualTo(200);
      old.post("/api/v1/schedules/-x/trigger", "{}");
      TestService.await(
          "outcome",
          () -> !old.json("/api/v1/schedules/-x/firings").at("/firings/0/ended_at").isNull());
      assertThat(old.json("/api/v1/schedules/-x/firings").at("/firings/0/state").asText())
          .as(old.get("/api/v1/schedules/-x/firings").body())
          .isEqualTo("promoted");
      for (String path : List.of("runs/" + id, "schedules/-x", "models/-x")) {
        assertThat(old.send(old.request("/api/v1/" + path).DELETE()).statusCode())
            .as(path)
            .isEqualTo(204);
      }
    }
  }

  private static String mode(Path path) throws Exception {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }

  @Test
  void otherUsersReadNeitherRunsNorUploads() throws Exception {
    assertThat(mode(folder.resolve("runs"))).isEqualTo("rwxrwx---");
    assertThat(service.upload("mine.txt", "text").statusCode()).isEqualTo(201);
    assertThat(mode(folder.resolve("datasets/mine.txt"))).isEqualTo("rw-r-----");
  }
}
