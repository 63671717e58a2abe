package trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import trainer.cli.TrainerProcess.Result;

/**
 * Too little heap or native memory, and too few file descriptors: a run ends with the right result,
 * or reports the shortage and can be resumed. {@code -Dscarce.steps=10} tries 10 limits of each
 * instead of a few.
 */
@Tag("slow")
final class ScarceResourcesTest {
  private static final int STEPS = Integer.getInteger("scarce.steps", 1);
  private static final Path SHELL = Path.of("/bin/bash");

  /**
   * Checkpoints before evaluation and samples, which need more memory than the first iterations.
   */
  private static final String[] JOB = {
    SmallJob.FILE,
    "--set=model.layers=[{type: lstm, size: 256}]",
    "--set=training.max_iterations=8",
    "--set=evaluation.every_iterations=4",
    "--set=checkpoints.every_iterations=2",
    "--set=samples.every_iterations=4",
    "--set=compute.threads=2"
  };

  @TempDir private static Path temporary;
  private static Path folder;
  private static Commands commands;
  private static RunContents whole;

  @BeforeAll
  static void trainWithPlenty() throws IOException {
    folder = Files.createDirectory(temporary.resolve("work"));
    SmallJob.write(folder);
    commands = new Commands(folder);
    Result result = commands.run(into("whole"));
    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(result.err()).contains("memory    about ");
    whole = RunContents.of(folder.resolve("whole"));
  }

  @AfterAll
  static void end() {
    commands.close();
  }

  private static String[] into(String directory) {
    return SmallJob.with(JOB, "--output", directory);
  }

  /** The outcomes of runs with less and less of a resource. */
  private record Outcomes(List<Integer> enough, List<Integer> tooLittle, List<Integer> goneOn) {
    Outcomes() {
      this(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    }

    /** Counts a run; resumes a failed one with enough of the resource. */
    void add(int size, Result result, String directory) {
      String name = directory + ": " + result.err() + result.out();
      Path run = folder.resolve(directory);
      if (result.exitCode() == 0) {
        enough.add(size);
      } else {
        tooLittle.add(size);
        assertThat(result.exitCode()).as(name).isEqualTo(1);
        assertThat(result.err() + result.out())
            .as(name)
            .contains("error: out of memory (")
            .doesNotContain("\tat ");
        boolean begun = Files.exists(run.resolve("latest.zip"));
        Result again = commands.run(into(directory));
        assertThat(again.exitCode()).as(name + again.err()).isZero();
        if (begun) {
          goneOn.add(size);
          assertThat(again.err()).as(name).contains("(resuming at iteration ");
        }
      }
      assertThat(RunContents.of(run)).as(name).isEqualTo(whole);
    }

    void print(String what) {
      System.out.printf(
          "%s: enough with %s, too little with %s, of which %s went on from a checkpoint%n",
          what, enough, tooLittle, goneOn);
    }
  }

  /** The JVM's heap and native memory: ND4J's limit follows the heap's. */
  @Test
  void memoryOfJava() {
    Outcomes outcomes = new Outcomes();
    for (int step = 0; step < STEPS; step++) {
      int megabytes = 12 + 36 * step / STEPS;
      String directory = "heap-" + megabytes;
      Result result =
          TrainerProcess.run(folder, List.of("-Xmx" + megabytes + "m"), into(directory));
      outcomes.add(megabytes, result, directory);
    }
    outcomes.print("MB of Java's heap");
    assertThat(outcomes.tooLittle()).isNotEmpty();
  }

  @Test
  void nativeMemory() {
    Outcomes outcomes = new Outcomes();
    for (int step = 0; step < STEPS; step++) {
      int kilobytes = 2000 + 8000 * step / STEPS;
      String directory = "native-" + kilobytes;
      Result result =
          TrainerProcess.run(
              folder,
              List.of("-Dorg.bytedeco.javacpp.maxbytes=" + kilobytes + "k"),
              into(directory));
      outcomes.add(kilobytes, result, directory);
    }
    outcomes.print("KB of native memory");
    assertThat(outcomes.tooLittle()).isNotEmpty();
  }

  @Test
  void fileDescriptors() throws IOException {
    assumeTrue(Files.isExecutable(SHELL), "not tested without " + SHELL);
    Path work = Files.createDirectory(temporary.resolve("descriptors"));
    SmallJob.write(work, 3_000);
    Result result =
        TrainerProcess.runMainBy(
            List.of(SHELL.toString(), "-c", "ulimit -n 400 && exec \"$@\"", "bash"),
            work,
            ScarceDescriptors.class,
            work.toString(),
            Integer.toString(2 * STEPS));
    System.out.print(result.out());
    assertThat(result.exitCode()).as(result.out() + result.err()).isZero();
    assertThat(result.out()).contains("good 0 left: exit 1");
  }
}
