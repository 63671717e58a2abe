package trainer.service.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import trainer.service.database.Dialect;
import trainer.service.database.TestDatabases;

/** Text that a database cannot store is refused, in every field, and no failure of the database. */
@Tag("slow")
final class StorableTextTest {
  private static final String SCHEDULE =
      "{\"name\": \"nightly\", \"cron\": \"30 3 * * *\", \"configuration\": \"data: {corpus:"
          + " text.txt}\"}";

  @TempDir private Path folder;

  @ParameterizedTest
  @EnumSource(Dialect.class)
  void isRefusedInEveryField(Dialect dialect) {
    String url =
        dialect == Dialect.SQLITE
            ? TestDatabases.sqliteWithTables(folder)
            : TestDatabases.postgresqlWithTables();
    try (TestService service = TestService.withDatabase(folder, url)) {
      String model = "/api/v1/models/m";
      String run = "";
      for (int version = 1; version <= 2; version++) {
        String id = service.submitted(version);
        service.awaitState(id, "succeeded");
        run = "{\"run\": \"%s\"}".formatted(id);
        service.post(model + "/versions", run);
        String promotion = "{\"version\": %d, \"reason\": \"good\"}".formatted(version);
        assertThat(service.post(model + "/promote", promotion).statusCode()).isEqualTo(200);
      }
      for (String bad : List.of("\\u0000", "\\ud800", "\\udc00x", "\\ud83dx")) {
        String reason = "\"reason\": \"a%sb\"".formatted(bad);
        Stream<HttpResponse<String>> answers =
            Stream.of(
                service.post(model + "/promote", "{\"version\": 1, %s}".formatted(reason)),
                service.post(model + "/rollback", "{%s}".formatted(reason)),
                service.post(model + "/versions", run.replace("\"}", bad + "\"}")),
                service.post("/api/v1/schedules", SCHEDULE.replace("nightly", "n" + bad)),
                service.post("/api/v1/schedules", SCHEDULE.replace("* *\"", "* *" + bad + "\"")),
                service.post("/api/v1/schedules", SCHEDULE.replace("}\"", "} #" + bad + "\"")),
                service.post(
                    "/api/v1/schedules",
                    SCHEDULE.replace("}\"}", "}\", \"held_out\": \"text%s.txt\"}".formatted(bad))),
                service.post(
                    "/api/v1/webhooks", "{\"url\": \"http://localhost/%s\"}".formatted(bad)),
                service.submit("name: \"a%s\"\n".formatted(bad) + TestService.configuration(1)),
                service.submit(
                    TestService.configuration(1).replace("text.txt", "\"text%s\"".formatted(bad))));
        assertThat(answers)
            .allSatisfy(
                answer -> {
                  assertThat(answer.statusCode())
                      .as("%s: %s", answer.request().uri(), answer.body())
                      .isIn(400, 422);
                  assertThat(answer.body()).doesNotContain("database");
                });
      }
      assertThat(
              service
                  .send(
                      service
                          .request("/api/v1/runs?name=a&init_from=%00")
                          .header("Content-Type", "application/yaml")
                          .POST(BodyPublishers.ofString(TestService.configuration(1))))
                  .statusCode())
          .isEqualTo(422);
      for (String path :
          List.of(
              "/api/v1/runs/a%00",
              "/api/v1/runs?state=%00",
              "/api/v1/compare?run=%00",
              "/api/v1/models/%00",
              "/api/v1/schedules/%00",
              "/api/v1/datasets/%00")) {
        assertThat(service.get(path).statusCode()).as(path).isBetween(400, 499);
      }
      assertThat(service.get("/readyz").statusCode()).isEqualTo(200);
      assertThat(service.json(model + "/history").path("history")).hasSize(2);
    }
  }
}
