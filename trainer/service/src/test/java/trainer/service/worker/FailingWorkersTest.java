package trainer.service.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import trainer.service.database.Database;
import trainer.service.database.TestDatabases;
import trainer.service.registry.Checkpoints;
import trainer.service.runs.Attempt;
import trainer.service.runs.Run;
import trainer.service.runs.RunFiles;
import trainer.service.runs.RunState;
import trainer.service.runs.Runs;
import trainer.service.runs.Submissions;

/**
 * Worker processes that share a PostgreSQL database are killed and paused at random instants: no
 * submission is lost, each run is completed once in effect, and nothing stale gets into it.
 *
 * <p>{@code -Dservice.chaos=1000,50,50} sets the numbers of runs, kills and pauses.
 */
@Tag("slow")
final class FailingWorkersTest {
  private static final long SEED = 20261121;
  private static final int WORKERS = 4;
  private static final int STEPS = 4;
  private static final int[] CHAOS =
      Arrays.stream(System.getProperty("service.chaos", "6,2,1").split(","))
          .mapToInt(Integer::parseInt)
          .toArray();

  @TempDir private Path folder;

  @Test
  void everyRunIsCompletedOnce() throws IOException {
    String url = TestDatabases.postgresqlWithTables();
    RunFiles files = new RunFiles(folder.resolve("runs"));
    Random random = new Random(SEED);
    try (Database database = Database.open(url);
        WorkerProcesses workers = new WorkerProcesses(url, files.root(), 1)) {
      Runs runs = new Runs(database);
      List<Run> submitted = new ArrayList<>();
      for (int i = 0; i < CHAOS[0]; i++) {
        String configuration = "steps: %d\nmilliseconds: 60\n".formatted(STEPS);
        submitted.add(runs.submit(Submissions.of("r", configuration, 0, "anna", "key " + i)).run());
      }
      for (int i = 0; i < WORKERS; i++) {
        workers.start();
      }
      await("first run", () -> runs.counts().get(RunState.SUCCEEDED) > 0);
      List<Boolean> events = events(random);
      for (boolean kill : events) {
        int place = random.nextInt(workers.size());
        if (kill) {
          workers.replace(place);
        } else {
          List<ProcessHandle> paused = workers.pause(place);
          sleep(StandInWorker.LEASE.toMillis() + 500 + random.nextInt(500));
          WorkerProcesses.goOn(paused);
        }
        sleep(random.nextInt(300));
      }
      await(
          "end: " + runs.counts(), () -> runs.counts().get(RunState.SUCCEEDED) == submitted.size());
      for (Run run : submitted) {
        check(runs, files, run);
      }
    }
  }

  private static List<Boolean> events(Random random) {
    List<Boolean> events = new ArrayList<>();
    IntStream.range(0, CHAOS[1]).forEach(i -> events.add(true));
    IntStream.range(0, CHAOS[2]).forEach(i -> events.add(false));
    Collections.shuffle(events, random);
    return events;
  }

  static void check(Runs runs, RunFiles files, Run submitted) throws IOException {
    Run run = runs.find(submitted.id()).orElseThrow();
    String what = "seed %d, %s, attempts %s".formatted(SEED, run, runs.attempts(run));
    assertThat(run.state()).as(what).isEqualTo(RunState.SUCCEEDED);
    assertThat(runs.attempts(run))
        .as(what)
        .filteredOn(attempt -> "succeeded".equals(attempt.outcome()))
        .extracting(Attempt::attempt)
        .containsExactly(run.attempt());
    assertThat(Checkpoints.read(files.newest(run).model())).as(what).isEqualTo("step " + STEPS);
    // Every step in order; one whose process died before its checkpoint is done again.
    List<String> steps =
        Files.readAllLines(files.newest(run).metrics()).stream()
            .skip(1)
            .map(line -> line.split(",", -1)[0])
            .distinct()
            .toList();
    assertThat(steps).as(what).containsExactly("1", "2", "3", "4");
  }

  private static void await(String what, BooleanSupplier happened) {
    long start = System.nanoTime();
    while (!happened.getAsBoolean()) {
      if (System.nanoTime() - start > Duration.ofMinutes(CHAOS[0] < 100 ? 5 : 20).toNanos()) {
        throw new AssertionError("no " + what);
      }
      sleep(50);
    }
  }

  private static void sleep(long milliseconds) {
    try {
      TimeUnit.MILLISECONDS.sleep(milliseconds);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
