package trainer.service.runs;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import trainer.service.database.Database;
import trainer.service.database.TestDatabases;

final class SqliteRunQueueTest extends RunQueueContract {
  @TempDir private Path folder;

  @Override
  Database open() {
    return Database.open(TestDatabases.sqliteWithTables(folder));
  }
}
