package trainer.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * A program that takes the right to read each file and folder of a run away, one after the other,
 * and goes on with the run: {@code UnreadableRuns FOLDER}, in which {@link SmallJob} is. Prints
 * what came of each, and exits with 1 where a result was wrong or a refusal had no reason. To be
 * run by somebody whom file permissions bind, so not as an ordinary root.
 */
final class UnreadableRuns {
  private static final PrintStream OUT = System.out;

  private UnreadableRuns() {}

  private record Outcome(int exitCode, String err) {}

  public static void main(String[] arguments) throws IOException {
    Path folder = Path.of(arguments[0]);
    Path whole = folder.resolve("whole");
    train(folder, whole, 12);
    byte[] parameters = parameters(whole);
    boolean right = true;
    for (String name : names(folder)) {
      Path run = folder.resolve("run-" + name.replace('/', '-'));
      train(folder, run, 8);
      Files.setPosixFilePermissions(run.resolve(name), Set.of());
      if (Files.isReadable(run.resolve(name))) {
        throw new IllegalStateException("file permissions do not bind who runs this");
      }
      Outcome outcome = train(folder, run, 12);
      boolean good =
          outcome.exitCode() == 0
              ? Arrays.equals(parameters, parameters(run))
              : outcome.exitCode() == 2
                  && outcome.err().contains("permission denied")
                  && !outcome.err().contains("Exception");
      OUT.printf(
          "%s %s: exit %d%s%n",
          good ? "good" : "BAD",
          name,
          outcome.exitCode(),
          outcome.exitCode() == 0 ? "" : ", " + outcome.err().lines().reduce("", (a, b) -> b));
      right &= good;
    }
    System.exit(right ? 0 : 1);
  }

  /** Files and folders of a run, {@code checkpoints/8.zip} for {@code latest.zip} too. */
  private static List<String> names(Path folder) throws IOException {
    Path run = folder.resolve("names");
    train(folder, run, 8);
    try (Stream<Path> files = Files.walk(run)) {
      return files
          .filter(file -> !file.equals(run))
          .map(file -> run.relativize(file).toString())
          .sorted()
          .toList();
    }
  }

  private static Outcome train(Path folder, Path run, int iterations) {
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    System.setErr(new PrintStream(err, true, UTF_8));
    int exitCode =
        Main.run(
            folder.resolve(SmallJob.FILE).toString(),
            "--output=" + run,
            "--set=training.max_iterations=" + iterations,
            "--set=checkpoints={every_iterations: 4, keep_last: 2}",
            "--set=evaluation.every_iterations=4",
            "--set=samples={every_iterations: 4, length: 5}");
    return new Outcome(exitCode, err.toString(UTF_8));
  }

  private static byte[] parameters(Path run) {
    return RunContents.entries(run.resolve("latest.zip")).get("coefficients.bin");
  }
}
