package trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import trainer.cli.TrainerProcess.Result;

/**
 * ND4J chooses its native build when its classes are initialized, and without a hint takes the one
 * for AVX-512, which crashes on older processors with an illegal instruction.
 */
@Tag("slow")
final class ProcessorChoiceTest {
  private static final String CHOSEN = "Initializing 'trainer/engine/nd4j/CpuFeatures'";
  private static final String ND4J = "Initializing 'org/nd4j/linalg/factory/Nd4j'";

  private static final String RUN = "models/small";

  @TempDir private static Path folder;
  private static Result training;
  private static Result sample;
  private static Result initialized; // from the first run
  private static Result evaluation;

  /** Commands that start ND4J and such that do not, in turns. */
  @BeforeAll
  static void runCommands() {
    SmallJob.write(folder);
    training = run(SmallJob.FILE, "--set=training.max_iterations=1");
    sample = run("sample", RUN, "--length=5");
    initialized =
        run(
            SmallJob.FILE,
            "--set=training.max_iterations=1",
            "--output=other",
            "--init-from=" + RUN);
    evaluation = run("evaluate", RUN);
  }

  @Test
  void everyCommandThatOpensANetworkChoosesFirst() {
    choosesFirst(training);
    choosesFirst(initialized);
    choosesFirst(run("export", RUN, "--format=csv", "--output=parameters"));
  }

  /** It takes longer to start than a short text takes to write. */
  @Test
  void readingANetworkOnTheCpuDoesNotStartNd4j() {
    assertThat(sample.out()).doesNotContain(ND4J);
    assertThat(evaluation.out()).doesNotContain(ND4J);
  }

  /** A process that maps a library while another one writes it anew crashes. */
  @Test
  void librariesAreUnpackedOnceForAllCommands() {
    for (Result later : List.of(initialized, evaluation)) {
      assertThat(later.out() + later.err())
          .contains("Debug: Loading ")
          .doesNotContain("Debug: Extracting ", "Debug: Creating symbolic link ");
    }
  }

  /** Standard output names the classes in the order in which they were initialized. */
  private static Result run(String... command) {
    Result result =
        TrainerProcess.run(
            folder,
            List.of("-Xlog:class+init=info", "-Dorg.bytedeco.javacpp.logger.debug=true"),
            command);
    assertThat(result.exitCode()).as(result.err()).isZero();
    return result;
  }

  private static void choosesFirst(Result result) {
    String classes = result.out();
    assertThat(classes).contains(CHOSEN, ND4J);
    assertThat(classes.indexOf(CHOSEN)).isLessThan(classes.indexOf(ND4J));
  }
}
