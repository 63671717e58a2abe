package trainer.service.runs;

import trainer.service.database.Database;
import trainer.service.database.TestDatabases;

final class PostgresqlRunsTest extends RunsContract {
  @Override
  Database open() {
    return Database.open(TestDatabases.postgresql());
  }
}
