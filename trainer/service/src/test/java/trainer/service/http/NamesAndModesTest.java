package trainer.service.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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
                      "/api/v1/models/" + name + "/versions", "{\"run\": \"%s\"}".formatted(trained))
                  .statusCode())
          .isIn(400, 404);
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
