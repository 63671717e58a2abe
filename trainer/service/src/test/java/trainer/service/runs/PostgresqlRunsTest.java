package trainer.service.runs;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import trainer.service.database.Database;
import trainer.service.database.TestDatabases;

@Tag("slow")
final class PostgresqlRunsTest extends RunsContract {
  @Override
  Database open() {
    return Database.open(TestDatabases.postgresqlWithTables());
  }

  /** Else a worker would wait for ever, and its runs would go on without a lease. */
  @Test
  void aServerThatVanishesIsWaitedForAMinute() {
    assertThat(milliseconds(database)).isEqualTo(60_000);
    String url = TestDatabases.postgresqlWithTables();
    try (Database other = Database.open(url + "&socketTimeout=7")) {
      assertThat(milliseconds(other)).as("as the URL says").isEqualTo(7_000);
    }
  }

  private static int milliseconds(Database database) {
    return database.read(Connection::getNetworkTimeout);
  }
}
