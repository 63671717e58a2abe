package trainer.service.live;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import trainer.run.MetricsRow;
import trainer.service.database.Database;
import trainer.service.database.Sql;
import trainer.service.database.TestDatabases;
import trainer.service.runs.DeviceKind;
import trainer.service.runs.Lease;
import trainer.service.runs.Outcome;
import trainer.service.runs.Run;
import trainer.service.runs.RunFiles;
import trainer.service.runs.RunQueue;
import trainer.service.runs.Runs;
import trainer.service.runs.SearchedRuns;
import trainer.service.runs.Submissions;

final class RunCatalogueTest {
  private static final String YAML =
      "data: {corpus: a.txt}\nmodel: {layers: [{type: gru, size: %d}]}\n";

  @TempDir private Path folder;
  private Database database;
  private Runs runs;
  private RunFiles files;
  private RunQueue queue;

  @BeforeEach
  void open() {
    database = Database.open(TestDatabases.sqliteWithTables(folder));
    runs = new Runs(database);
    files = new RunFiles(folder);
    queue = new RunQueue(database, "worker");
  }

  @AfterEach
  void close() {
    database.close();
  }

  /** One of a service that was just started. */
  private RunCatalogue catalogue() {
    return new RunCatalogue(runs, new SearchedRuns(database), new LiveRuns(files));
  }

  private Run submitted(int size) {
    return runs.submit(Submissions.of("small", YAML.formatted(size), 0, "anna", null)).run();
  }

  /** Takes the next run and writes a row. */
  private Lease trained(double loss) throws Exception {
    Lease lease = queue.take(Duration.ofMinutes(1), EnumSet.allOf(DeviceKind.class)).orElseThrow();
    files.prepare(lease, before -> true, () -> {});
    MetricsRow row = new MetricsRow(5, 0, 5, 5, loss, loss, 0.1, 1.0, 1.0);
    Files.writeString(
        files.newest(lease.run()).metrics(), MetricsRow.HEADER + "\n" + row.line() + "\n");
    return lease;
  }

  private List<String> found(String query) {
    try (RunCatalogue catalogue = catalogue()) {
      return catalogue.find(RunQuery.parse(query), null, false, "best_validation_loss").stream()
          .map(Run::id)
          .toList();
    }
  }

  @Test
  void searchesReadNeitherConfigurationsNorFilesOfKeptRuns() throws Exception {
    Run first = submitted(7);
    queue.end(trained(1.5), Outcome.succeeded());
    Run second = submitted(8);
    queue.end(trained(1.25), Outcome.succeeded());
    assertThat(found("size > 6")).as("not kept yet").containsExactly(second.id(), first.id());
    try (RunCatalogue catalogue = catalogue()) {
      catalogue.keep();
    }
    database.write(
        connection -> Sql.of("UPDATE runs SET configuration = 'lost'").update(connection));
    Files.delete(files.newest(runs.find(first.id()).orElseThrow()).metrics());
    assertThat(found("size > 6")).containsExactly(second.id(), first.id());
    assertThat(found("layers.size = 8")).containsExactly(second.id());
    assertThat(found("best_validation_loss > 1.3")).containsExactly(first.id());
    assertThat(found("iteration = 5 size=7")).containsExactly(first.id());
  }

  @Test
  void theFiguresOfARunThatWasResumedAreThoseOfItsNewestAttempt() throws Exception {
    Run run = submitted(7);
    queue.end(trained(1.5), Outcome.failed("lost"));
    try (RunCatalogue catalogue = catalogue()) {
      catalogue.keep();
      runs.resume(run.id());
      catalogue.keep();
      Lease lease = trained(1.25);
      assertThat(found("best_validation_loss < 1.3")).as("running").containsExactly(run.id());
      queue.end(lease, Outcome.succeeded());
      assertThat(found("best_validation_loss < 1.3")).as("not kept").containsExactly(run.id());
      catalogue.keep();
      Files.delete(files.newest(runs.find(run.id()).orElseThrow()).metrics());
      assertThat(found("best_validation_loss < 1.3")).as("kept").containsExactly(run.id());
    }
    assertThat(new SearchedRuns(database).missing(1)).isEmpty();
  }
}
