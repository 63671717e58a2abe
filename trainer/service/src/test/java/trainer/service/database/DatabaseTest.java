package trainer.service.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("slow")
final class DatabaseTest {
  @TempDir private Path folder;

  @Test
  void sqliteLosesNothingThatIsCommitted() {
    try (Database database = Database.open(TestDatabases.sqlite(folder))) {
      assertThat(pragma(database, "journal_mode")).isEqualTo("wal");
      assertThat(pragma(database, "synchronous")).isEqualTo("2"); // FULL
      assertThat(pragma(database, "foreign_keys")).isEqualTo("1");
    }
  }

  private static String pragma(Database database, String name) {
    return database
        .read(connection -> Sql.of("PRAGMA " + name).first(connection, row -> row.getString(1)))
        .orElseThrow();
  }

  @Test
  void aFailedChangeChangesNothing() {
    try (Database database = Database.open(TestDatabases.sqlite(folder))) {
      String insert =
          "INSERT INTO idempotency_keys (principal, key, digest, created_at) VALUES ('p', ?, 'd',"
              + " 0)";
      assertThatThrownBy(
              () ->
                  database.write(
                      connection -> {
                        Sql.of(insert, "one").update(connection);
                        return Sql.of(insert, "one").update(connection);
                      }))
          .isInstanceOf(DatabaseException.class);
      List<String> keys =
          database.read(
              connection ->
                  Sql.of("SELECT key FROM idempotency_keys")
                      .list(connection, row -> row.getString(1)));
      assertThat(keys).isEmpty();
    }
  }

  @Test
  void aSecondServiceIsKeptAwayFromAnSqliteFile() {
    String url = TestDatabases.sqlite(folder);
    try (Database first = Database.open(url)) {
      assertThat(first.dialect()).isEqualTo(Dialect.SQLITE);
      assertThatThrownBy(() -> Database.open(url))
          .isInstanceOf(DatabaseException.class)
          .hasMessageContaining("another service uses this database");
    }
    Database.open(url).close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"jdbc:h2:mem:", "models/service.db", "jdbc:sqlite:", "jdbc:sqlite::memory:"})
  void otherDatabasesAreRefused(String url) {
    assertThatThrownBy(() -> Database.open(url))
        .isInstanceOf(DatabaseException.class)
        .hasMessageContaining("--database " + url)
        .hasMessageContaining("jdbc:sqlite:");
  }

  @Test
  void aFileThatIsNoDatabaseIsNamed() throws Exception {
    Files.writeString(folder.resolve("service.db"), "This is no database. ".repeat(100));
    assertThatThrownBy(() -> Database.open(TestDatabases.sqlite(folder)))
        .isInstanceOf(DatabaseException.class)
        .hasMessageContaining("service.db: cannot be used")
        .hasMessageContaining("not a database");
  }

  @Test
  void aHostThatIsNotKnownIsNamed() {
    assertThatThrownBy(() -> Database.open("jdbc:postgresql://nowhere.invalid/x"))
        .hasMessageContaining("cannot be used (unknown host nowhere.invalid)");
  }

  @Test
  void passwordsAreNotShown() {
    assertThatThrownBy(
            () -> Database.open("jdbc:postgresql://127.0.0.1:1/x?user=u&password=hunter2"))
        .isInstanceOf(DatabaseException.class)
        .hasMessageContaining("127.0.0.1:1/x")
        .hasMessageNotContaining("hunter2");
  }

  @Test
  void postgresqlIsMigratedOnceByManyAtATime() {
    String url = TestDatabases.postgresql();
    try (Database first = Database.open(url);
        Database second = Database.open(url)) {
      assertThat(first.dialect()).isEqualTo(Dialect.POSTGRESQL);
      Optional<Integer> runs =
          second.read(
              connection ->
                  Sql.of("SELECT COUNT(*) FROM runs").first(connection, row -> row.getInt(1)));
      assertThat(runs).hasValue(0);
    }
  }
}
