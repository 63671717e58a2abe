package trainer.service.webhook;

import java.nio.file.Path;
import trainer.service.database.Database;
import trainer.service.database.TestDatabases;

final class SqliteMessengerTest extends MessengerContract {
  @Override
  Database open(Path folder) {
    return Database.open(TestDatabases.sqliteWithTables(folder));
  }
}
