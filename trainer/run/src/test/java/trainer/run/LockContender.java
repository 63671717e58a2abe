package trainer.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import trainer.file.FileException;

/**
 * A process that repeatedly locks and releases a run directory, and prints how often it held the
 * lock, or that another process held it too. While it holds the lock it also creates a folder,
 * which would fail for a second holder.
 */
final class LockContender {
  private static final long NANOSECONDS = 1_500_000_000;

  /** Time limit for the first lock: others may be faster on a busy machine. */
  private static final long MOST_NANOSECONDS = 60_000_000_000L;

  private LockContender() {}

  public static void main(String[] arguments) throws IOException {
    RunDirectory run = new RunDirectory(Path.of(arguments[0]));
    Path held = Path.of(arguments[1]);
    int times = 0;
    long start = System.nanoTime();
    while (System.nanoTime() - start < (times > 0 ? NANOSECONDS : MOST_NANOSECONDS)) {
      try (RunLock lock = run.open()) {
        Files.createDirectory(held);
        Files.delete(held);
        times += lock == null ? 0 : 1;
      } catch (FileException e) {
        Thread.onSpinWait(); // another process holds it
      }
    }
    System.out.printf("held %d times%n", times);
  }
}
