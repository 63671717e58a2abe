package trainer.service.runs;

import org.junit.jupiter.api.Tag;
import trainer.service.database.Database;
import trainer.service.database.TestDatabases;

@Tag("slow")
final class PostgresqlRunQueueTest extends RunQueueContract {
  @Override
  Database open() {
    return Database.open(TestDatabases.postgresqlWithTables());
  }
}
