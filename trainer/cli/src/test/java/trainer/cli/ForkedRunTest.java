package trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code train --fork}: new runs that continue a checkpoint of another with changed settings. */
final class ForkedRunTest {
  private static final String RATE = "--set=training.optimizer.learning_rate=0.001";

  @TempDir private static Path folder;

  @BeforeAll
  static void train() {
    SmallJob.write(folder, 4_000);
    assertThat(train("old", 8).exitCode()).isZero();
  }

  /** With evaluation, a checkpoint and a sample every 2 iterations. */
  private static InProcess train(String run, int iterations, String... more) {
    String[] command = {
      folder.resolve(SmallJob.FILE).toString(),
      "--output=" + folder.resolve(run),
      "--set=training.max_iterations=" + iterations,
      "--set=checkpoints={every_iterations: 2, keep_last: 10}",
      "--set=evaluation.every_iterations=2",
      "--set=samples={every_iterations: 2, length: 5}",
    };
    return InProcess.run(SmallJob.with(command, more));
  }

  private static InProcess forked(String run, int iterations, String... more) {
    InProcess done = train(run, iterations, more);
    assertThat(done.exitCode()).as(done.err()).isZero();
    return done;
  }

  private static String from(String run) {
    return "--fork=" + folder.resolve(run);
  }

  private static String text(String file) throws IOException {
    return Files.readString(folder.resolve(file));
  }

  private static List<String> rows(String run) throws IOException {
    // without times and speeds
    return text(run + "/metrics.csv")
        .lines()
        .map(row -> row.replaceFirst("^((?:[^,]*,){3})[^,]*,(.*),[^,]*$", "$1$2"))
        .toList();
  }

  private static Map<String, String> files(String run) throws IOException {
    Map<String, String> files = new TreeMap<>();
    try (Stream<Path> all = Files.walk(folder.resolve(run))) {
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        files.put(file.toString(), Arrays.hashCode(Files.readAllBytes(file)) + "");
      }
    }
    return files;
  }

  @Test
  void aForkKeepsTheCurveAndTrainsWithWhatChanged() throws IOException {
    Map<String, String> before = files("old");

    InProcess done = forked("new", 8, from("old@4"), RATE);

    assertThat(done.err())
        .contains("fork of " + folder.resolve("old/checkpoints/4.zip") + " at iteration 4")
        .contains("changed: training.optimizer.learning_rate: 0.01 -> 0.001");
    List<String> old = rows("old");
    List<String> kept = old.stream().takeWhile(row -> !row.startsWith("5,")).toList();
    assertThat(kept).hasSize(5);
    assertThat(rows("new")).startsWith(kept.toArray(String[]::new)).hasSize(old.size());
    assertThat(rows("new").get(5)).startsWith("5,").contains(",0.001,").isNotEqualTo(old.get(5));
    assertThat(text("new/samples.txt"))
        .startsWith(text("old/samples.txt").split("=== iteration 6", -1)[0])
        .contains("=== iteration 8");
    assertThat(text("new/events.jsonl").lines().findFirst().orElseThrow())
        .contains("\"kind\":\"forked\",\"iteration\":4")
        .contains("old/checkpoints/4.zip")
        .contains("learning_rate: 0.01 -> 0.001")
        .contains("\"parameters\":");
    assertThat(text("new/config.yml")).contains("learning_rate: 0.001");
    assertThat(files("old")).as("only read").isEqualTo(before);
    assertThat(forked("new", 8, from("nowhere"), RATE).err())
        .contains("--fork " + folder.resolve("nowhere") + ": ignored");
    assertThat(files("old")).isEqualTo(before);
  }

  @Test
  void aForkWithoutChangesEndsWithTheBytesOfItsRun() {
    forked("whole", 12);
    forked("longer", 12, from("old"));
    forked("same", 8, from("whole@4"));

    assertThat(weights("longer/model.zip")).isEqualTo(weights("whole/model.zip"));
    assertThat(weights("same/model.zip")).isEqualTo(weights("whole/checkpoints/8.zip"));
  }

  /** Parameters and moments, hexadecimal. */
  private static String weights(String file) {
    Map<String, byte[]> entries = RunContents.entries(folder.resolve(file));
    HexFormat hex = HexFormat.of();
    return hex.formatHex(entries.get("coefficients.bin"))
        + hex.formatHex(entries.get("updaterState.bin"));
  }

  @Test
  void aForkThatIsStoppedResumesWithItsOwnSettings() {
    forked("stopped", 6, from("old@4"), RATE);
    forked("once", 8, from("old@4"), RATE);

    assertThat(forked("stopped", 8, RATE).err()).contains("resuming at iteration 6");
    assertThat(weights("stopped/model.zip")).isEqualTo(weights("once/model.zip"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "training.batch_size=2               | training.batch_size: 8 -> 2 | --init-from .*4.zip --keep-optimizer",
        "training.optimizer=rmsprop          | training.optimizer.type: adam -> rmsprop | --init-from .*4.zip",
        "'model.layers=[{type: gru, size: 9}]' | model.layers | leave out --fork to train a new run",
        "data.newlines=keep                  | data.newlines: | --init-from .*4.zip --keep-optimizer --extend-vocabulary",
      })
  void whatDoesNotFitTheCheckpointIsRefused(String setting, String change, String wayOut)
      throws IOException {
    InProcess refused = train("refused", 8, from("old@4"), "--set=" + setting);

    assertThat(refused.exitCode()).isEqualTo(2);
    assertThat(refused.err())
        .contains("4.zip: a fork keeps text, batches, layers and the optimizer's moments:")
        .contains(change)
        .containsPattern(wayOut);
    assertThat(folder.resolve("refused")).doesNotExist();
  }

  @Test
  void aChangedTextIsRefusedOrTheRecordedOneIsUsed() throws IOException {
    String longer = text("corpus.txt") + "and more.\n";
    String corpus = "--set=data.corpus=" + Files.writeString(folder.resolve("more.txt"), longer);

    InProcess refused = train("other", 8, from("old@4"), corpus);
    assertThat(refused.exitCode()).isEqualTo(2);
    assertThat(refused.err()).contains("the corpus has changed").contains("--recorded-corpus");
    forked("other", 8, from("old@4"), corpus, "--recorded-corpus");
  }

  @Test
  void theIterationMustExistAndLeaveWork() {
    InProcess unknown = train("none", 8, from("old@5"));
    assertThat(unknown.exitCode()).isEqualTo(2);
    assertThat(unknown.err())
        .contains("old: has no checkpoint of iteration 5: it has those of [2, 4, 6, 8]");
    InProcess nothing = train("none", 8, from("old"));
    assertThat(nothing.exitCode()).isEqualTo(2);
    assertThat(nothing.err())
        .contains(
            "8.zip: nothing is left to train: to continue, add --set training.max_iterations=16");
    assertThat(folder.resolve("none/config.yml")).doesNotExist();
    InProcess both = train("none", 8, from("old"), "--init-from=" + folder.resolve("old"));
    assertThat(both.exitCode()).isEqualTo(2);
    assertThat(both.err()).contains("mutually exclusive");
  }
}
