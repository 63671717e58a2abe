package trainer.cli.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import trainer.training.StopSignal;

@Tag("slow")
final class InterruptionTest {
  /** As a terminal after Ctrl-S. */
  @Test
  void aBlockedConsoleDoesNotDelayTheJob() {
    CountDownLatch taken = new CountDownLatch(1);
    try {
      int code =
          Interruption.during(
              "stopping", message -> await(taken), InterruptionTest::askThisProcessToStop);
      assertThat(code).isEqualTo(143);
    } finally {
      taken.countDown();
    }
  }

  private static void askThisProcessToStop(StopSignal stop) {
    long process = ProcessHandle.current().pid();
    try {
      new ProcessBuilder("kill", "-TERM", Long.toString(process)).start().waitFor();
      long start = System.nanoTime();
      while (!stop.requested()) {
        assertThat(System.nanoTime() - start).isLessThan(TimeUnit.MINUTES.toNanos(1));
        TimeUnit.MILLISECONDS.sleep(10);
      }
      assertThat(stop.reason()).isEqualTo("SIGTERM");
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
