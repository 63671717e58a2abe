package trainer.service.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import trainer.config.ConfigurationLoader;
import trainer.config.ConfigurationWriter;
import trainer.run.MetricsRow;
import trainer.service.database.TestDatabases;

/** Measures searches among {@code -Dservice.runs=10000} runs, and the drawing of a long run. */
@Tag("slow")
@EnabledIfSystemProperty(named = "service.runs", matches = "\\d+")
final class ManyRunsTest {
  private static final int ROWS = 50;

  @TempDir private Path folder;

  @Test
  void areSearchedAndSorted() throws Exception {
    int runs = Integer.getInteger("service.runs");
    TestService.open(folder).close(); // makes the tables
    fill(runs);
    try (TestService service = TestService.open(folder)) { // as after an update of the program
      String query = encoded("optimizer.learning_rate < 0.01");
      time(service, "the first search after an update", "/api/v1/runs?q=" + query);
      TestService.await("runs are kept", () -> kept() == runs);
    }
    try (TestService service = TestService.open(folder)) {
      for (String query :
          List.of(
              "q=run-77",
              "q=" + encoded("optimizer.learning_rate < 0.01"),
              "sort=best_validation_loss",
              "sort=-learning_rate&q=" + encoded("size > 100 run-7"))) {
        StringBuilder times = new StringBuilder();
        for (int i = 0; i < 5; i++) {
          long start = System.nanoTime();
          assertThat(service.get("/api/v1/runs?" + query).statusCode()).as(query).isEqualTo(200);
          times.append(" %d".formatted((System.nanoTime() - start) / 1_000_000));
        }
        System.out.printf("%,d runs, %s:%s ms%n", runs, query, times);
      }
    }
    longCurve();
  }

  private int kept() {
    try (Connection connection = DriverManager.getConnection(TestDatabases.sqlite(folder));
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT COUNT(*) FROM searched_runs")) {
      return row.getInt(1);
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }

  private static String encoded(String query) {
    return URLEncoder.encode(query, StandardCharsets.UTF_8);
  }

  private void longCurve() throws IOException {
    StringBuilder text = new StringBuilder(MetricsRow.HEADER + "\n");
    for (int i = 1; i <= 1_000_000; i++) {
      text.append(row(i, 1 + 1.0 / i)).append('\n');
    }
    Files.writeString(folder.resolve("runs").resolve(id(0)).resolve("1/metrics.csv"), text);
    try (TestService service = TestService.open(folder)) {
      time(service, "figures of 1,000,000 rows", "/api/v1/runs/" + id(0));
      for (int i = 0; i < 5; i++) {
        String path = "/api/v1/runs/" + id(0) + "/curves?smoothing=" + (1000 + i);
        time(service, "a curve of 1,000,000 rows", path);
      }
    }
  }

  private static void time(TestService service, String what, String path) {
    long start = System.nanoTime();
    assertThat(service.get(path).statusCode()).as(path).isEqualTo(200);
    System.out.printf("%s: %d ms%n", what, (System.nanoTime() - start) / 1_000_000);
  }

  private static String id(int number) {
    return "run-%d-%08d".formatted(number, number);
  }

  private static String row(int iteration, double loss) {
    return new MetricsRow(iteration, 0, iteration, iteration, loss, loss, 0.1, 1.0, 1.0).line();
  }

  private void fill(int runs) throws Exception {
    String url = TestDatabases.sqlite(folder);
    try (Connection connection = DriverManager.getConnection(url);
        PreparedStatement insert =
            connection.prepareStatement(
                "INSERT INTO runs (id, name, state, priority, configuration, submitted_by,"
                    + " submitted_at, not_before, attempt, failures, cancel_requested, device)"
                    + " VALUES (?, ?, 'succeeded', 0, ?, 'anna', 1, 0, 1, 0, FALSE, 'any')")) {
      connection.setAutoCommit(false);
      for (int i = 0; i < runs; i++) {
        insert.setString(1, id(i));
        insert.setString(2, "run-" + i);
        String submitted =
            TestService.configuration(ROWS).replace("size: 4", "size: " + (1 + i % 512))
                + "  optimizer: {type: adam, learning_rate: %s}\n"
                    .formatted(0.0001 * (1 + i % 300));
        insert.setString(
            3, ConfigurationWriter.toYaml(ConfigurationLoader.parse(submitted, "run", List.of())));
        insert.executeUpdate();
        StringBuilder text = new StringBuilder(MetricsRow.HEADER + "\n");
        for (int k = 1; k <= ROWS; k++) {
          text.append(row(k, 1 + (i * 7 % 1000) / 1000.0 / k)).append('\n');
        }
        Path directory = folder.resolve("runs").resolve(id(i)).resolve("1");
        Files.createDirectories(directory);
        Files.writeString(directory.resolve("metrics.csv"), text);
      }
      connection.commit();
    }
  }
}
