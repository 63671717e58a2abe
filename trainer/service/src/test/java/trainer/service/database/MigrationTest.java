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
import trainer.service.runs.Runs;
import trainer.service.runs.SearchedRuns;
import trainer.service.runs.Submissions;
import trainer.service.schedule.PastResults;
import trainer.service.schedule.Schedules;

/** Databases of earlier versions are used further. */
final class MigrationTest {
  @TempDir private Path folder;

  private String url;

  /** A database of version 1.0.0 with a schedule, a result of it, and a run under a key. */
  private void create(Dialect dialect) throws SQLException {
    url = dialect == Dialect.SQLITE ? TestDatabases.sqlite(folder) : TestDatabases.postgresql();
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
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement()) {
      statement.execute(
          "INSERT INTO schedules (name, cron, zone, configuration, model, begins_with,"
              + " skip_unchanged, margin, keep, missed, allow_overlap, priority, paused, next_at,"
              + " changed_by, changed_at) VALUES ('s', '0 0 1 1 *', 'UTC', 'x', 'm', 'fresh',"
              + " TRUE, 0, 5, 'once', FALSE, 0, FALSE, 0, 'anna', 1000)");
      statement.execute(
          "INSERT INTO firings (schedule, key, due_at, fired_at, forced, state, corpus_sha256,"
              + " configuration_sha256, ended_at, attempt) VALUES (1, 'k', 2000, 2000, FALSE,"
              + " 'kept', 'text', 'of 1.0', 3000, 1)");
      statement.execute(
          "INSERT INTO runs (id, name, state, priority, configuration, submitted_by,"
              + " submitted_at, not_before, attempt, failures, cancel_requested) VALUES"
              + " ('small-0a1b2c3d', 'small', 'queued', 0, 'x', 'anna', 0, 0, 0, 0, FALSE)");
      statement.execute(
          "INSERT INTO idempotency_keys (principal, key, digest, run, created_at)"
              + " VALUES ('anna', 'key', 'of 1.0', 1, 0)");
    }
  }

  @ParameterizedTest
  @EnumSource(Dialect.class)
  void aScheduleFromBeforeKeepsItsRuns(Dialect dialect) throws SQLException {
    create(dialect);
    try (Database database = Database.open(url)) {
      assertThat(new Schedules(database).find("s").orElseThrow().plan().keepRuns()).isEqualTo(1000);
    }
  }

  /** Its digest was another one, of a configuration with fewer keys. */
  @ParameterizedTest
  @EnumSource(Dialect.class)
  void aRequestFromBeforeIsAnsweredAsItWas(Dialect dialect) throws SQLException {
    create(dialect);
    try (Database database = Database.open(url)) {
      Runs runs = new Runs(database);
      assertThat(runs.submitted("anna", "key", "of 1.1").orElseThrow().id())
          .isEqualTo("small-0a1b2c3d");
      Runs.Submitted again = runs.submit(Submissions.of("small", "y", 0, "anna", "key"));
      assertThat(again.created()).isFalse();
      assertThat(again.run().id()).isEqualTo("small-0a1b2c3d");
      assertThat(runs.submitted("ben", "key", "of 1.1")).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource(Dialect.class)
  void aTextThatWasTrainedOnBeforeIsNotTrainedOnAgain(Dialect dialect) throws SQLException {
    create(dialect);
    try (Database database = Database.open(url)) {
      assertThat(PastResults.isResult(database, "s", "text", "of 1.1")).isTrue();
      assertThat(PastResults.isResult(database, "s", "another text", "of 1.1")).isFalse();
      database.write(
          connection -> Sql.of("UPDATE schedules SET changed_at = 2001").update(connection));
      assertThat(PastResults.isResult(database, "s", "text", "of 1.1"))
          .as("the schedule was changed since")
          .isFalse();
    }
  }

  @ParameterizedTest
  @EnumSource(Dialect.class)
  void aRunFromBeforeIsKeptForSearches(Dialect dialect) throws SQLException {
    create(dialect);
    try (Database database = Database.open(url)) {
      SearchedRuns searched = new SearchedRuns(database);
      assertThat(searched.missing(9)).hasSize(1);
      searched.keep(Map.of(1L, new SearchedRuns.Searched("name: small\n", 0, "")));
      assertThat(searched.missing(9)).isEmpty();
    }
  }
}
