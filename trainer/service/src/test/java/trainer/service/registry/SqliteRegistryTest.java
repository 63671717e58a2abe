package trainer.service.registry;

import java.nio.file.Path;
import trainer.service.database.Database;
import trainer.service.database.TestDatabases;

final class SqliteRegistryTest extends RegistryContract {
  @Override
  Database open(Path folder) {
    return Database.open(TestDatabases.sqliteWithTables(folder));
  }
}
