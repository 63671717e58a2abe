package trainer.service.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import trainer.service.database.Database;
import trainer.service.database.Sql;
import trainer.service.database.TestDatabases;

@Tag("slow")
final class PostgresqlMessengerTest extends MessengerContract {
  @Override
  Database open(Path folder) {
    return Database.open(TestDatabases.postgresqlWithTables());
  }

  @Test
  void anEventWhoseWebhookIsBeingDeletedIsNoFailure() throws Exception {
    try (Database database = open(null)) {
      new Webhooks(database, new Targets(Set.of("localhost")))
          .create("http://localhost:1/hook", List.of(Event.RUN_FAILED), "anna");
      CompletableFuture<Integer> left =
          database.write(
              connection -> {
                Sql.of("DELETE FROM webhooks").update(connection);
                CompletableFuture<Integer> put = CompletableFuture.supplyAsync(() -> put(database));
                while (!put.isDone() && !waits(database)) {
                  Thread.onSpinWait();
                }
                return put;
              });
      assertThat(left.get(1, TimeUnit.MINUTES)).isZero();
    }
  }

  private static int put(Database database) {
    return database.write(
        connection -> {
          Outbox.put(connection, database.dialect(), Event.RUN_FAILED, Map.of("id", "small-1"));
          return Sql.of("SELECT 1 FROM deliveries").list(connection, row -> 1).size();
        });
  }

  /** Whether a transaction waits for another one. */
  private static boolean waits(Database database) {
    return database
        .read(
            connection ->
                Sql.of("SELECT 1 FROM pg_locks WHERE NOT granted").first(connection, row -> 1))
        .isPresent();
  }
}
