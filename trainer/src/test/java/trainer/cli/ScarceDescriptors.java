package trainer.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.FileInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;

/**
 * A program that takes all file descriptors but a few, and then trains in a folder with {@link
 * SmallJob}: {@code ScarceDescriptors FOLDER MOST}, with none left, with one, and so on. A run must
 * end with its right result, or say what it lacks and end with it when there are enough. Prints
 * what came of each, and exits with 1 where that was wrong.
 */
final class ScarceDescriptors {
  private static final PrintStream OUT = System.out;
  private static final String REASON = "Too many open files";

  private ScarceDescriptors() {}

  private record Outcome(int exitCode, String err) {}

  public static void main(String[] arguments) throws IOException {
    Path folder = Path.of(arguments[0]);
    Path whole = folder.resolve("whole");
    train(folder, whole); // and loads every class,
    Main.run("sample", folder.resolve("nowhere").toString()); // those of a failure, too
    byte[] parameters = parameters(whole);
    boolean right = true;
    for (int left = 0; left <= Integer.parseInt(arguments[1]); left++) {
      Path run = folder.resolve("left-" + left);
      Deque<InputStream> taken = takeAllBut(left);
      Outcome outcome = train(folder, run);
      for (InputStream stream : taken) {
        stream.close();
      }
      boolean said = outcome.exitCode() == 1 && outcome.err().contains(REASON);
      boolean good =
          (outcome.exitCode() == 0 || (said && train(folder, run).exitCode() == 0))
              && !outcome.err().contains("Exception")
              && Arrays.equals(parameters, parameters(run));
      OUT.printf(
          "%s %d left: exit %d%s%n",
          good ? "good" : "BAD",
          left,
          outcome.exitCode(),
          outcome.exitCode() == 0 ? "" : ", " + outcome.err().lines().reduce("", (a, b) -> b));
      right &= good;
    }
    System.exit(right ? 0 : 1);
  }

  @SuppressWarnings("StreamResourceLeak") // that is what it is for
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

  private static Outcome train(Path folder, Path run) {
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    System.setErr(new PrintStream(err, true, UTF_8));
    int exitCode =
        Main.run(
            folder.resolve(SmallJob.FILE).toString(),
            "--output=" + run,
            "--set=training.max_iterations=12",
            "--set=checkpoints={every_iterations: 4, keep_last: 2}",
            "--set=evaluation.every_iterations=4",
            "--set=samples={every_iterations: 4, length: 5}");
    return new Outcome(exitCode, err.toString(UTF_8));
  }

  private static byte[] parameters(Path run) {
    return RunContents.entries(run.resolve("latest.zip")).get("coefficients.bin");
  }
}
