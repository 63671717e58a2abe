package trainer.service.webhook;

import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import trainer.service.database.Database;
import trainer.service.database.TestDatabases;

@Tag("slow")
final class PostgresqlMessengerTest extends MessengerContract {
  @Override
  Database open(Path folder) {
    return Database.open(TestDatabases.postgresqlWithTables());
  }
}
