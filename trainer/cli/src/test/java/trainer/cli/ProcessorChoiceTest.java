package trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
  private static String training; // names of classes, as initialized() returns them

  @BeforeAll
  static void train() throws IOException {
    SmallJob.write(folder);
    training = initialized(SmallJob.FILE, "--set=training.max_iterations=1");
    assertThat(training).contains(ND4J);
  }

  @Test
  void everyCommandThatOpensANetworkChoosesFirst() throws IOException {
    choosesFirst(training);
    choosesFirst(initialized("export", RUN, "--format=csv", "--output=parameters"));
    choosesFirst(initialized(SmallJob.FILE, "--output=other", "--init-from=" + RUN));
  }

  /** It takes longer to start than a short text takes to write. */
  @Test
  void readingANetworkOnTheCpuDoesNotStartNd4j() throws IOException {
    assertThat(initialized("sample", RUN, "--length=5")).doesNotContain(ND4J);
    assertThat(initialized("evaluate", RUN)).doesNotContain(ND4J);
  }

  /** A process that maps a library while another one writes it anew crashes. */
  @Test
  void librariesAreUnpackedOnceForAllCommands() throws IOException {
    List<String> options = List.of("-Dorg.bytedeco.javacpp.logger.debug=true");
    String[] withNd4j = {SmallJob.FILE, "--set=training.max_iterations=1", "--resume=never"};
    String[] without = {"sample", RUN, "--length=5"};
    for (int i = 0; i < 2; i++) {
      for (String[] command : List.of(withNd4j, without)) {
        TrainerProcess.Result result = TrainerProcess.run(folder, options, command);
        assertThat(result.exitCode()).as(result.err()).isZero();
        if (i > 0) {
          assertThat(result.out() + result.err())
              .contains("Debug: Loading ")
              .doesNotContain("Debug: Extracting ", "Debug: Creating symbolic link ");
        }
      }
    }
  }

  /** The names of the classes in the order in which they were initialized. */
  private static String initialized(String... command) throws IOException {
    TrainerProcess.Result result =
        TrainerProcess.run(folder, List.of("-Xlog:class+init=info:file=classes.txt"), command);
    assertThat(result.exitCode()).as(result.err()).isZero();
    return Files.readString(folder.resolve("classes.txt"));
  }

  private static void choosesFirst(String classes) {
    assertThat(classes).contains(CHOSEN, ND4J);
    assertThat(classes.indexOf(CHOSEN)).isLessThan(classes.indexOf(ND4J));
  }
}
