package trainer.service.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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
