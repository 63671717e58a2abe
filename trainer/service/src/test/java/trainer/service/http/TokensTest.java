package trainer.service.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import trainer.service.devices.DeviceSurvey;
import trainer.service.worker.StandInWorker;

/** Tokens and roles. */
@Tag("slow")
final class TokensTest {
  private static final String READ = "r".repeat(32);
  private static final String SUBMIT = "s".repeat(32);
  private static final String ADMIN = "a".repeat(32);

  @TempDir private static Path folder;
  private static TestService closed;

  @BeforeAll
  static void start() throws IOException {
    closed = TestService.withTokens(folder.resolve("closed"), tokens("tokens", "rw-------"));
  }

  @AfterAll
  static void stop() {
    closed.close();
  }

  private static Path tokens(String name, String permissions) throws IOException {
    Path file = folder.resolve(name);
    Files.writeString(
        file,
        "# who may do what\n\nread rosa %s\nsubmit sam %s\nadmin ada %s\n"
            .formatted(READ, SUBMIT, ADMIN));
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
    return file;
  }

  @Test
  void everyRouteButTheOpenOnesNeedsAToken() {
    Set<String> openPaths = Set.of("/", "/healthz", "/readyz", "/api/v1/openapi.yaml");
    for (Route route : closed.service().routes()) {
      String path =
          route
              .path()
              .replaceAll("\\{(id|version|number|model)\\}", "small-00000000")
              .replace("{name}", ".x");
      HttpResponse<String> answer = call(route.method().name(), path, null);
      if (route.access() == Access.OPEN) {
        assertThat(openPaths.contains(path) || path.startsWith("/assets/")).as(path).isTrue();
        assertThat(answer.statusCode()).as(path).isEqualTo(200);
      } else {
        assertThat(answer.statusCode()).as(path).isEqualTo(401);
        assertThat(answer.headers().firstValue("WWW-Authenticate")).hasValue("Bearer");
      }
      if (route.access().compareTo(Access.READ) > 0) {
        assertThat(call(route.method().name(), path, READ).statusCode()).as(path).isEqualTo(403);
      }
      if (route.access().compareTo(Access.SUBMIT) > 0) {
        assertThat(call(route.method().name(), path, SUBMIT).statusCode()).as(path).isEqualTo(403);
      }
      assertThat(call(route.method().name(), path, ADMIN).statusCode()).as(path).isNotIn(401, 403);
    }
  }

  private static HttpResponse<String> call(String method, String path, String token) {
    HttpRequest.Builder request =
        closed
            .request(path)
            .header("Content-Type", "application/json")
            .method(method, BodyPublishers.ofString(method.equals("POST") ? "{}" : ""));
    if (token != null) {
      request.header("Authorization", "Bearer " + token);
    }
    return closed.send(request);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Bearer",
        "Bearer ",
        "Bearer x",
        "Basic YWRhOmFkYQ==",
        "rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr"
      })
  void aWrongTokenIsRefused(String authorization) {
    HttpResponse<String> answer =
        closed.send(closed.request("/api/v1/runs").header("Authorization", authorization));
    assertThat(answer.statusCode()).isEqualTo(401);
    assertThat(TestService.json(answer).path("detail").asText())
        .startsWith("the token that was sent is unknown: send a token of this service");
    assertThat(TestService.json(closed.get("/api/v1/runs")).path("detail").asText())
        .startsWith("send a token of this service");
  }

  @Test
  void theCallerIsRecorded() {
    HttpResponse<String> answer =
        closed.send(
            closed
                .request("/api/v1/runs")
                .header("Content-Type", "application/yaml")
                .header("Authorization", "Bearer " + SUBMIT)
                .POST(BodyPublishers.ofString(TestService.configuration(1))));
    assertThat(TestService.json(answer).path("submitted_by").asText()).isEqualTo("sam");
  }

  @ParameterizedTest
  @CsvSource({"0.0.0.0", "::"})
  void beyondThisMachineOnlyWithTokens(String host) throws IOException {
    assertThatThrownBy(() -> settings(host, Tokens.none()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("--token-file");
    assertThat(settings(host, Tokens.read(tokens("others", "rw-------"))).host()).isEqualTo(host);
  }

  private static Service.Settings settings(String host, Tokens tokens) {
    return new Service.Settings(
        host,
        0,
        folder.resolve("never"),
        "jdbc:sqlite:never.db",
        tokens,
        Set.of(),
        Set.of(),
        List.of(),
        new Limits(0, 1),
        new DeviceSurvey(StandInWorker.program().program()),
        StandInWorker.program(),
        StandInWorker.settings(1));
  }

  @Test
  void aTokenFileThatOthersMayReadIsRefused() throws IOException {
    Path file = tokens("readable", "rw-r--r--");
    assertThatThrownBy(() -> Tokens.read(file))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("chmod 600");
  }

  /** Docker makes a folder of a mounted file that is not there. */
  @Test
  void aFolderInPlaceOfATokenFileIsNamed() {
    assertThatThrownBy(() -> Tokens.read(folder))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(folder + ": is a folder");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "owner ada aaaaaaaaaaaaaaaaaaaa | is no role: use read, submit or admin",
        "admin ada short | fewer than 16 characters",
        "admin aaaaaaaaaaaaaaaaaaaaaaaa | three words",
        "'read ben aaaaaaaaaaaaaaaaaaaa~admin ada aaaaaaaaaaaaaaaaaaaa' | :2: the token of ada is that of ben too",
        "'# nothing' | has no token"
      })
  void aWrongTokenFileIsNamedWithItsLine(String line, String message) throws IOException {
    Path file = folder.resolve("wrong");
    Files.writeString(file, line.replace("~", "\n") + "\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    assertThatThrownBy(() -> Tokens.read(file))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message)
        .hasMessageStartingWith(file.toString())
        .hasMessageNotContaining("aaaaaaaa");
  }
}
