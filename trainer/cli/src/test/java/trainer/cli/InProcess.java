package trainer.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Path;

/** The program as it ended in this process, with what it printed. */
public record InProcess(int exitCode, String out, String err) {

  /** Runs it to its end; meanwhile nothing else in this process reaches the console. */
  public static InProcess run(String... arguments) {
    PrintStream out = System.out;
    PrintStream err = System.err;
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    ByteArrayOutputStream failed = new ByteArrayOutputStream();
    System.setOut(new PrintStream(printed, true, UTF_8));
    System.setErr(new PrintStream(failed, true, UTF_8));
    try {
      int exitCode = Main.run(arguments);
      return new InProcess(exitCode, printed.toString(UTF_8), failed.toString(UTF_8));
    } finally {
      System.setOut(out);
      System.setErr(err);
    }
  }

  /** Trains the {@link SmallJob} of a folder, with all that a run does every 4 iterations. */
  static InProcess train(Path folder, Path run, int iterations) {
    return run(
        folder.resolve(SmallJob.FILE).toString(),
        "--output=" + run,
        "--set=training.max_iterations=" + iterations,
        "--set=checkpoints={every_iterations: 4, keep_last: 2}",
        "--set=evaluation.every_iterations=4",
        "--set=samples={every_iterations: 4, length: 5}");
  }
}
