package trainer.service.runs;

import trainer.service.database.Database;
import trainer.service.database.TestDatabases;

final class PostgresqlRunQueueTest extends RunQueueContract {
  @Override
  Database open() {
    return Database.open(TestDatabases.postgresql());
  }
}
