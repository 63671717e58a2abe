package trainer.service.schedule;

import java.nio.file.Path;
import trainer.service.database.Database;
import trainer.service.database.TestDatabases;

final class SqliteSchedulesTest extends SchedulesContract {
  @Override
  Database open(Path folder) {
    return Database.open(TestDatabases.sqliteWithTables(folder));
  }
}
