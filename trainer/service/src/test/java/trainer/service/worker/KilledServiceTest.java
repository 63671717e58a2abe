package trainer.service.worker;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import trainer.service.database.Database;
import trainer.service.database.TestDatabases;
import trainer.service.runs.Run;
import trainer.service.runs.RunFiles;
import trainer.service.runs.RunState;
import trainer.service.runs.Runs;

/**
 * The one process of an SQLite database is killed again and again while runs are submitted and
 * trained: what was acknowledged is there, once, and is completed once in effect. {@code
 * -Dservice.kills=200} sets how often, {@code -Dservice.seed} when.
 */
@Tag("slow")
final class KilledServiceTest {
  private static final long SEED = Long.getLong("service.seed", 20261122);
  private static final int KILLS = Integer.getInteger("service.kills", 2);

  @TempDir private Path folder;

  private final Random random = new Random(SEED);
  private final List<String> acknowledged = new ArrayList<>();

  @Test
  void nothingThatWasAcknowledgedIsLost() throws Exception {
    for (int kill = 0; kill < KILLS; kill++) {
      Process process = start(1);
      try {
        OutputStream to = process.getOutputStream();
        BufferedReader from = process.inputReader(UTF_8);
        // The first repeats the submission during which the previous process was killed.
        submit(to, from);
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(200 + random.nextInt(900));
        while (System.nanoTime() < end) {
          TimeUnit.MILLISECONDS.sleep(random.nextInt(600));
          submit(to, from);
        }
        to.write(line());
        to.flush();
        TimeUnit.MICROSECONDS.sleep(random.nextInt(5000));
      } finally {
        process.destroyForcibly().waitFor();
      }
    }
    Process last = start(2);
    try {
      submit(last.getOutputStream(), last.inputReader(UTF_8));
      awaitTheEnd(last);
    } finally {
      last.destroyForcibly().waitFor();
    }
    RunFiles files = new RunFiles(folder.resolve("runs"));
    try (Database database = Database.open(TestDatabases.sqlite(folder))) {
      Runs runs = new Runs(database);
      assertThat(runs.list(null, null, Integer.MAX_VALUE).stream().map(Run::id).toList())
          .as("seed %d", SEED)
          .containsExactlyInAnyOrderElementsOf(acknowledged);
      for (String id : acknowledged) {
        FailingWorkersTest.check(runs, files, runs.find(id).orElseThrow());
      }
      assertThat(runs.counts().get(RunState.SUCCEEDED)).isEqualTo(acknowledged.size());
    }
  }

  private byte[] line() {
    return "submit key %d\n".formatted(acknowledged.size()).getBytes(UTF_8);
  }

  private void submit(OutputStream to, BufferedReader from) throws IOException {
    to.write(line());
    to.flush();
    String id = from.readLine();
    assertThat(id).as("seed %d, submission %d", SEED, acknowledged.size()).matches(Run.ID_FORM);
    acknowledged.add(id);
  }

  private Process start(int slots) throws IOException {
    List<String> command = new ArrayList<>(StandInWorker.javaWithArchive(StandInWorker.class));
    command.addAll(
        List.of(
            TestDatabases.sqliteWithTables(folder),
            folder.resolve("runs").toString(),
            "worker " + random.nextLong(),
            Integer.toString(slots)));
    return new ProcessBuilder(command)
        .redirectError(ProcessBuilder.Redirect.appendTo(folder.resolve("log").toFile()))
        .start();
  }

  private void awaitTheEnd(Process process) throws Exception {
    BufferedReader from = process.inputReader(UTF_8);
    long start = System.nanoTime();
    for (String left = ""; !left.equals("0"); left = from.readLine()) {
      assertThat(System.nanoTime() - start)
          .as("seed %d, %s of %d runs are left", SEED, left, acknowledged.size())
          .isLessThan(TimeUnit.MINUTES.toNanos(6));
      TimeUnit.MILLISECONDS.sleep(200);
      process.getOutputStream().write("left\n".getBytes(UTF_8));
      process.getOutputStream().flush();
    }
    process.getOutputStream().close(); // it drains
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
  }
}
