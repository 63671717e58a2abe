package trainer.service.database;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Assumptions;

/** Databases for tests: SQLite files, and a PostgreSQL server that lives as long as the tests. */
public final class TestDatabases {
  private static final AtomicInteger NUMBER = new AtomicInteger();
  private static EmbeddedPostgres postgres;

  private TestDatabases() {}

  /** The URL of an SQLite database in a folder. */
  public static String sqlite(Path folder) {
    return "jdbc:sqlite:" + folder.resolve("service.db");
  }

  /** The URL of a new, empty PostgreSQL database; skips the test where PostgreSQL cannot run. */
  public static synchronized String postgresql() {
    try {
      if (postgres == null) {
        postgres = EmbeddedPostgres.start();
        Runtime.getRuntime().addShutdownHook(new Thread(TestDatabases::stop));
      }
      String name = "test" + NUMBER.incrementAndGet();
      try (Connection connection = postgres.getPostgresDatabase().getConnection();
          Statement statement = connection.createStatement()) {
        statement.execute("CREATE DATABASE " + name);
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
