package trainer.service.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import trainer.service.database.BreakingDriver;
import trainer.service.database.BreakingDriver.How;
import trainer.service.live.LiveRuns;
import trainer.service.runs.RunQueue;
import trainer.service.sweep.SweepRunner;
import trainer.service.sweep.Sweeps;
import trainer.service.webhook.Messenger;
import trainer.service.webhook.Targets;
import trainer.service.worker.StandInWorker;
import trainer.service.worker.Worker;

/** An error in a turn of a thread, such as a lack of memory, ends neither it nor its work. */
@SuppressWarnings("try") // they work while they are open
final class LackOfMemoryTest {
  private static final Duration POLL = Duration.ofMillis(10);

  @TempDir private Path folder;
  private SimulatedService service;

  @BeforeEach
  void start() throws Exception {
    BreakingDriver.install();
    service = new SimulatedService(folder, (model, like, text) -> null); // evaluates nothing
  }

  @AfterEach
  void stop() {
    BreakingDriver.mend();
    service.close();
  }

  /** Breaks more turns than there are threads. */
  private static void assertTurnsGoOn(Runnable wake) throws InterruptedException {
    for (int turn = 0; turn < 2 * (Scheduler.THREADS + 1); turn++) {
      BreakingDriver.breakStatement(1, How.OUT_OF_MEMORY);
      long start = System.nanoTime();
      while (!BreakingDriver.hasBroken()) {
        assertThat(System.nanoTime() - start).as("turn %d", turn).isLessThan(20_000_000_000L);
        wake.run();
        TimeUnit.NANOSECONDS.sleep(POLL.toNanos());
      }
    }
  }

  @Test
  void schedulesGoOn() throws Exception {
    try (Scheduler scheduler = service.startThreads()) {
      assertTurnsGoOn(scheduler::wake);
    }
  }

  @Test
  void sweepsGoOn() throws Exception {
    Sweeps sweeps = new Sweeps(service.database, service.runs);
    LiveRuns live = new LiveRuns(service.files);
    try (SweepRunner runner =
        new SweepRunner(sweeps, service.files, live, service.registry, POLL, () -> {})) {
      runner.start();
      assertTurnsGoOn(() -> {});
    }
  }

  @Test
  void webhooksGoOn() throws Exception {
    try (Messenger messenger =
        new Messenger(service.database, new Targets(Set.of()), POLL, failures -> POLL)) {
      messenger.start();
      assertTurnsGoOn(() -> {});
    }
  }

  @Test
  void workersGoOn() throws Exception {
    try (Worker worker =
        new Worker(
            new RunQueue(service.database, "worker"),
            service.files,
            StandInWorker.program(),
            StandInWorker.settings(1))) {
      worker.start();
      assertTurnsGoOn(worker::wake);
    }
  }
}
