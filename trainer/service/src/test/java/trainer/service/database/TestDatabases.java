package trainer.service.database;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Assumptions;

/** Databases for tests: SQLite files, and a PostgreSQL server that lives as long as the tests. */
public final class TestDatabases {
  private static final String FILE = "service.db";
  private static final AtomicInteger NUMBER = new AtomicInteger();
  private static EmbeddedPostgres postgres;
  private static Path sqliteTables; // a database with the service's tables, once made
  private static String postgresqlTables;

  private TestDatabases() {}

  /** The URL of an SQLite database in a folder. */
  public static String sqlite(Path folder) {
    return "jdbc:sqlite:" + folder.resolve(FILE);
  }

  /**
   * The URL of the SQLite database in a folder, which is made if it is missing, as a copy: without
   * the migrations.
   */
  public static synchronized String sqliteWithTables(Path folder) {
    try {
      if (sqliteTables == null) {
        Path made = Files.createTempDirectory("tables");
        Database.open(sqlite(made)).close();
        sqliteTables = made.resolve(FILE);
        made.toFile().deleteOnExit();
        sqliteTables.toFile().deleteOnExit(); // first
      }
      Path file = Files.createDirectories(folder).resolve(FILE);
      if (Files.notExists(file)) {
        Files.copy(sqliteTables, file, StandardCopyOption.COPY_ATTRIBUTES); // private to its owner
      }
      return sqlite(folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The URL of a new PostgreSQL database with the service's tables. */
  public static synchronized String postgresqlWithTables() {
    if (postgresqlTables == null) {
      String url = postgresql();
      Database.open(url).close();
      postgresqlTables = "test" + NUMBER.get();
    }
    return postgresql(" TEMPLATE " + postgresqlTables);
  }

  /** The URL of a new, empty PostgreSQL database; skips the test where PostgreSQL cannot run. */
  public static synchronized String postgresql() {
    return postgresql("");
  }

  private static String postgresql(String like) {
    try {
      if (postgres == null) {
        postgres = EmbeddedPostgres.start();
        Runtime.getRuntime().addShutdownHook(new Thread(TestDatabases::stop));
      }
      String name = "test" + NUMBER.incrementAndGet();
      try (Connection connection = postgres.getPostgresDatabase().getConnection();
          Statement statement = connection.createStatement()) {
        statement.execute("CREATE DATABASE " + name + like);
      }
      return postgres.getJdbcUrl("postgres", name);
    } catch (IOException | SQLException | IllegalStateException e) {
      return Assumptions.abort("PostgreSQL cannot be run here: " + e);
    }
  }

  private static void stop() {
    try {
      postgres.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
