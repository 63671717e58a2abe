package trainer.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * {@code UnreadableRuns FOLDER}: removes read permission from each file and folder of a run of the
 * {@link SmallJob} in FOLDER, one at a time, and resumes the run. Prints each outcome; exits with 1
 * if a result is wrong or an error has no reason. Must not run with root's capabilities.
 */
final class UnreadableRuns {
  private UnreadableRuns() {}

  public static void main(String[] arguments) throws IOException {
    Path folder = Path.of(arguments[0]);
    Path whole = folder.resolve("whole");
    InProcess.train(folder, whole, 12);
    byte[] parameters = parameters(whole);
    boolean right = true;
    for (String name : names(folder)) {
      Path run = folder.resolve("run-" + name.replace('/', '-'));
      InProcess.train(folder, run, 8);
      Files.setPosixFilePermissions(run.resolve(name), Set.of());
      if (Files.isReadable(run.resolve(name))) {
        throw new IllegalStateException("file permissions do not bind who runs this");
      }
      InProcess outcome = InProcess.train(folder, run, 12);
      boolean good =
          outcome.exitCode() == 0
              ? Arrays.equals(parameters, parameters(run))
              : outcome.exitCode() == 2
                  && outcome.err().contains("permission denied")
                  && !outcome.err().contains("Exception");
      System.out.printf(
          "%s %s: exit %d%s%n",
          good ? "good" : "BAD",
          name,
          outcome.exitCode(),
          outcome.exitCode() == 0 ? "" : ", " + outcome.err().lines().reduce("", (a, b) -> b));
      right &= good;
    }
    System.exit(right ? 0 : 1);
  }

  /** Files and folders of a run; {@code checkpoints/8.zip} stands for {@code latest.zip} too. */
  private static List<String> names(Path folder) throws IOException {
    Path run = folder.resolve("names");
    InProcess.train(folder, run, 8);
    try (Stream<Path> files = Files.walk(run)) {
      return files
          .filter(file -> !file.equals(run))
          .map(file -> run.relativize(file).toString())
          .sorted()
          .toList();
    }
  }

  private static byte[] parameters(Path run) {
    return RunContents.entries(run.resolve("latest.zip")).get("coefficients.bin");
  }
}
