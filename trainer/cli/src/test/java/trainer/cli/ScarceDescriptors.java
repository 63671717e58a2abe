package trainer.cli;

import java.io.FileInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;

/**
 * {@code ScarceDescriptors FOLDER MOST}: trains the {@link SmallJob} of a folder with 0 to MOST
 * free file descriptors. A run must end with the right result, or report the shortage and do so
 * when resumed with enough. Prints each outcome; exits with 1 if one is wrong.
 */
final class ScarceDescriptors {
  private static final String REASON = "Too many open files";

  private ScarceDescriptors() {}

  public static void main(String[] arguments) throws IOException {
    Path folder = Path.of(arguments[0]);
    Path whole = folder.resolve("whole");
    InProcess.train(folder, whole, 12); // also loads every class,
    InProcess.run("sample", folder.resolve("nowhere").toString()); // those of a failure,
    InProcess.run(
        "sample", folder.resolve(SmallJob.FILE).toString()); // and those of one with a cause
    byte[] parameters = parameters(whole);
    boolean right = true;
    for (int left = 0; left <= Integer.parseInt(arguments[1]); left++) {
      Path run = folder.resolve("left-" + left);
      Deque<InputStream> taken = takeAllBut(left);
      InProcess outcome = InProcess.train(folder, run, 12);
      for (InputStream stream : taken) {
        stream.close();
      }
      boolean said = outcome.exitCode() == 1 && outcome.err().contains(REASON);
      boolean good =
          (outcome.exitCode() == 0 || (said && InProcess.train(folder, run, 12).exitCode() == 0))
              && !outcome.err().contains("Exception")
              && Arrays.equals(parameters, parameters(run));
      System.out.printf(
          "%s %d left: exit %d%s%n",
          good ? "good" : "BAD",
          left,
          outcome.exitCode(),
          outcome.exitCode() == 0 ? "" : ", " + outcome.err().lines().reduce("", (a, b) -> b));
      right &= good;
    }
    System.exit(right ? 0 : 1);
  }

  @SuppressWarnings("StreamResourceLeak") // intended
  private static Deque<InputStream> takeAllBut(int left) throws IOException {
    Deque<InputStream> taken = new ArrayDeque<>();
    try {
      while (true) {
        taken.push(new FileInputStream("/dev/null"));
      }
    } catch (FileNotFoundException e) {
      if (!e.getMessage().contains(REASON)) {
        throw e;
      }
    }
    for (int i = 0; i < left; i++) {
      taken.pop().close();
    }
    return taken;
  }

  private static byte[] parameters(Path run) {
    return RunContents.entries(run.resolve("latest.zip")).get("coefficients.bin");
  }
}
