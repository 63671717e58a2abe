package trainer.service.runs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import trainer.service.database.Database;
import trainer.service.database.TestDatabases;

final class SqliteRunsTest extends RunsContract {
  @TempDir private Path folder;

  @Override
  Database open() {
    return Database.open(TestDatabases.sqliteWithTables(folder));
  }

  @Test
  void whatWasSubmittedOutlivesTheService() {
    Path elsewhere = folder.resolve("elsewhere");
    String id;
    try (Database database = Database.open(TestDatabases.sqlite(elsewhere))) {
      id =
          new Runs(database)
              .submit(Submissions.of("small", "name: small", 0, "anna", null))
              .run()
              .id();
    }
    try (Database database = Database.open(TestDatabases.sqlite(elsewhere))) {
      assertThat(new Runs(database).find(id)).isPresent();
    }
  }
}
