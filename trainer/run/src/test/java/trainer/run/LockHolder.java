package trainer.run;

import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import trainer.file.FileException;

/** A process that locks a run directory, prints the result, and holds it until it is killed. */
final class LockHolder {
  private LockHolder() {}

  public static void main(String[] arguments) throws InterruptedException {
    try (RunLock lock = new RunDirectory(Path.of(arguments[0])).open()) {
      System.out.println(lock == null ? "" : "locked");
      TimeUnit.MINUTES.sleep(1);
    } catch (FileException e) {
      System.out.println(e.getMessage());
    }
  }
}
