package trainer.service.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
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
  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"--help", "-rf", "-", ".x", "..", "a/b", "a b", "a\u00e9"})
  void namesThatHarmAShellAreRefused(String name) {
    try (TestService service = TestService.open(folder)) {
      assertThat(service.submit(TestService.configuration(1).replace("small", "'" + name + "'")))
          .satisfies(answer -> assertThat(answer.statusCode()).as(answer.body()).isEqualTo(422));
      String id = service.submitted(1);
      service.awaitState(id, "succeeded");
      if (!name.contains("/") && !name.contains(" ")) {
        assertThat(
                service
                    .post("/api/v1/models/" + name + "/versions", "{\"run\": \"%s\"}".formatted(id))
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
  }

  /** Version 1.0.0 allowed hyphens in front. */
  @Test
  void namesOfEarlierVersionsStayUsable() throws Exception {
    String configuration = TestService.configuration(2).replace("small", "-x");
    String id;
    try (Database database = Database.open(TestDatabases.sqlite(folder))) {
      id = new Runs(database).submit(Submissions.of("-x", configuration, 0, "", null)).run().id();
      new Schedules(database).create(Plans.of("-x", configuration), "anna");
      RunDirectory trained = new RunDirectory(folder.resolve("trained"));
      Files.createDirectory(trained.path());
      Checkpoints.write(trained.best(), "step 1");
      new Registry(database, new RegistryFiles(folder.resolve("runs")))
          .register("-x", trained, "-x-00000000", "anna");
    }
    try (TestService service = TestService.open(folder)) {
      service.awaitState(id, "succeeded");
      service.post("/api/v1/models/-x/versions", "{\"run\": \"%s\"}".formatted(id));
      service.post("/api/v1/models/-x/promote", "{\"version\": 1, \"reason\": \"first\"}");
      ObjectNode schedule = (ObjectNode) service.json("/api/v1/schedules/-x");
      schedule.remove(List.of("paused", "next_at", "changed_by", "changed_at"));
      HttpResponse<String> changed =
          service.send(
              service
                  .request("/api/v1/schedules/-x")
                  .header("Content-Type", "application/json")
                  .PUT(BodyPublishers.ofString(schedule.put("margin", 0.5).toString())));
      assertThat(changed.statusCode()).as(changed.body()).isEqualTo(200);
      service.post("/api/v1/schedules/-x/trigger", "{}");
      TestService.await(
          "outcome",
          () -> !service.json("/api/v1/schedules/-x/firings").at("/firings/0/ended_at").isNull());
      assertThat(service.json("/api/v1/schedules/-x/firings").at("/firings/0/state").asText())
          .as(service.get("/api/v1/schedules/-x/firings").body())
          .isEqualTo("promoted");
      for (String path : List.of("runs/" + id, "schedules/-x", "models/-x")) {
        assertThat(service.send(service.request("/api/v1/" + path).DELETE()).statusCode())
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
    Path runs = folder.resolve("runs");
    Files.createDirectories(runs);
    Files.setPosixFilePermissions(runs, PosixFilePermissions.fromString("rwxrwxr-x"));
    try (TestService service = TestService.open(folder)) {
      assertThat(mode(runs)).isEqualTo("rwxrwx---");
      assertThat(service.upload("mine.txt", "text").statusCode()).isEqualTo(201);
      assertThat(mode(folder.resolve("datasets/mine.txt"))).isEqualTo("rw-r-----");
    }
  }
}
