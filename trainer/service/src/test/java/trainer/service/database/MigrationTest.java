package trainer.service.database;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import trainer.service.schedule.Schedules;

/** Databases of earlier versions are used further. */
final class MigrationTest {
  @TempDir private Path folder;

  @ParameterizedTest
  @EnumSource(Dialect.class)
  void aScheduleFromBeforeKeepsItsRuns(Dialect dialect) throws SQLException {
    String url =
        dialect == Dialect.SQLITE ? TestDatabases.sqlite(folder) : TestDatabases.postgresql();
    Flyway.configure()
        .dataSource(url, null, null)
        .locations("classpath:trainer/service/database")
        .placeholders(
            Map.of(
                "identity", dialect.identity(),
                "append_only_promotions", dialect.appendOnly("promotions")))
        .target("21")
        .load()
        .migrate();
    String insert =
        "INSERT INTO schedules (name, cron, zone, configuration, model, begins_with,"
            + " skip_unchanged, margin, keep, missed, allow_overlap, priority, paused, next_at,"
            + " changed_by, changed_at) VALUES ('s', '0 0 1 1 *', 'UTC', 'x', 'm', 'fresh', TRUE,"
            + " 0, 5, 'once', FALSE, 0, FALSE, 0, 'anna', 0)";
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement()) {
      statement.execute(insert);
    }
    try (Database database = Database.open(url)) {
      assertThat(new Schedules(database).find("s").orElseThrow().plan().keepRuns()).isEqualTo(1000);
    }
  }
}
