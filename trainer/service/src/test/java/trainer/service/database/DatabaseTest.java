package trainer.service.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import trainer.service.runs.QueueFullException;
import trainer.service.runs.Runs;
import trainer.service.runs.Submission;
import trainer.service.runs.Submissions;

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
  void aLockThatAnotherProgramHoldsForLongCostsNothing() throws Exception {
    String url = TestDatabases.sqlite(folder);
    try (Database database = Database.open(url);
        Connection other = DriverManager.getConnection(url);
        Statement statement = other.createStatement()) {
      Runs runs = new Runs(database);
      statement.execute("BEGIN IMMEDIATE");
      assertThatThrownBy(() -> runs.submit(submission("1"))).isInstanceOf(DatabaseException.class);
      statement.execute("ROLLBACK");
      assertThat(runs.list(null, null, 10)).isEmpty();
      for (int i = 1; i <= 10; i++) {
        runs.submit(submission("key " + i));
        assertThat(runs.list(null, null, 100)).hasSize(i);
      }
      assertThatThrownBy(() -> new Runs(database, 1).submit(submission("11")))
          .isInstanceOf(QueueFullException.class);
      assertThat(runs.list(null, null, 100)).hasSize(10);
    }
  }

  private static Submission submission(String key) {
    return Submissions.of("small", "x", 0, "anna", key);
  }

  @Test
  void onlyTheOwnerReadsTheDatabase() throws Exception {
    Path made = folder.resolve("made");
    Path earlier = folder.resolve("earlier");
    Database.open(TestDatabases.sqlite(earlier)).close();
    for (String name : List.of("service.db", "service.db.lock")) {
      Files.setPosixFilePermissions(
          earlier.resolve(name), PosixFilePermissions.fromString("rw-r--r--"));
    }
    for (Path place : List.of(made, earlier)) {
      try (Database database = Database.open(TestDatabases.sqlite(place))) {
        new Runs(database).submit(submission("1"));
        for (String name : List.of("service.db", "service.db-wal", "service.db.lock")) {
          assertThat(
                  PosixFilePermissions.toString(Files.getPosixFilePermissions(place.resolve(name))))
              .as("%s/%s", place, name)
              .isEqualTo("rw-------");
        }
      }
    }
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(made)))
        .isEqualTo("rwxr-x---");
  }

  @Test
  void anyNameCanBeThatOfAFolder() {
    Path odd = folder.resolve("a b#c%41 & 'ä'");
    try (Database database = Database.open(TestDatabases.sqlite(odd))) {
      new Runs(database).submit(submission("1"));
      assertThat(odd.resolve("service.db-wal")).isNotEmptyFile();
    }
    assertThat(odd.resolve("service.db")).isNotEmptyFile();
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

  @ParameterizedTest
  @ValueSource(
      strings = {
        "jdbc:postgresql://127.0.0.1:1/x?user=u&password=hunter2",
        "jdbc:postgresql://127.0.0.1:port/x?user=u&password=hunter2",
        "jdbc:postgresql://127.0.0.1:1/x?sslpassword=hunter2&user=u",
        "jdbc:postgresql://127.0.0.1:1/x?user=u&PASSWORD=hunter2&sslmode=so",
        "jdbc:postgresql://u:hunter2@127.0.0.1:1/x",
        "jdbc:postgresql://u:p@/hunter2@127.0.0.1:1/x",
        "jdbc:mysql://127.0.0.1/x?password=hunter2",
        "postgresql://u:hunter2@127.0.0.1/x"
      })
  void passwordsAreNotShown(String url) {
    assertThatThrownBy(() -> Database.open(url))
        .isInstanceOf(DatabaseException.class)
        .hasMessageContaining("127.0.0.1")
        .hasMessageNotContaining("hunter2");
  }

  @Test
  void postgresqlIsMigratedOnceByManyAtATime() {
    String url = TestDatabases.postgresql();
    CompletableFuture<Database> opening = CompletableFuture.supplyAsync(() -> Database.open(url));
    try (Database second = Database.open(url);
        Database first = opening.join()) {
      assertThat(first.dialect()).isEqualTo(Dialect.POSTGRESQL);
      Optional<Integer> runs =
          second.read(
              connection ->
                  Sql.of("SELECT COUNT(*) FROM runs").first(connection, row -> row.getInt(1)));
      assertThat(runs).hasValue(0);
    }
  }
}
