package trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run whose text has changed since it began. */
final class RecordedCorpusTest {
  @TempDir private Path folder;
  private Path run;
  private Path corpus;

  @BeforeEach
  void trainAndChangeTheText() throws IOException {
    SmallJob.write(folder, 4_000);
    run = folder.resolve("run");
    corpus = folder.resolve("corpus.txt");
    assertThat(InProcess.train(folder, run, 8).exitCode()).isZero();
    Files.writeString(corpus, Files.readString(corpus) + "Ünd möre.\n");
  }

  private InProcess resume(String... more) {
    String[] command = {
      folder.resolve(SmallJob.FILE).toString(),
      "--output=" + run,
      "--set=training.max_iterations=16",
      "--set=checkpoints={every_iterations: 4, keep_last: 2}",
      "--set=evaluation.every_iterations=4",
      "--set=samples={every_iterations: 4, length: 5}"
    };
    return InProcess.run(SmallJob.with(command, more));
  }

  @Test
  void theChangedTextIsRefusedAndTheRecordedOneIsKept() throws IOException {
    byte[] recorded = Files.readAllBytes(run.resolve("corpus.bin"));

    InProcess refused = resume();

    assertThat(refused.exitCode()).isEqualTo(2);
    assertThat(refused.err())
        .contains("  the corpus has changed: SHA-256 ")
        .contains("  --recorded-corpus: to resume with the text that the run began with\n");
    assertThat(run.resolve("corpus.bin")).hasBinaryContent(recorded);
  }

  @Test
  void theRunEndsOnItsOwnTextLikeAnUndisturbedOne() throws IOException {
    InProcess resumed = resume("--recorded-corpus");

    assertThat(resumed.exitCode()).as(resumed.err()).isZero();
    assertThat(resumed.err())
        .contains("text      " + run.resolve("corpus.bin") + ", as the run began");
    Path other = Files.createDirectory(folder.resolve("undisturbed"));
    SmallJob.write(other, 4_000);
    assertThat(InProcess.train(other, other.resolve("run"), 16).exitCode()).isZero();
    for (String entry : List.of("coefficients.bin", "updaterState.bin", "trainer/carried.bin")) {
      assertThat(RunContents.entries(run.resolve("model.zip")).get(entry))
          .as(entry)
          .isEqualTo(RunContents.entries(other.resolve("run/model.zip")).get(entry));
    }
  }

  @Test
  void theTextNeedNotBeThere() throws IOException {
    Files.delete(corpus);

    assertThat(resume().exitCode()).isEqualTo(2);
    assertThat(resume("--recorded-corpus").exitCode()).isZero();
  }

  /** Neither a damaged text nor that of another run. */
  @Test
  void onlyTheTextThatTheRunBeganWithIsUsed() throws IOException {
    Path encoded = run.resolve("corpus.bin");
    byte[] damaged = Files.readAllBytes(encoded);
    damaged[damaged.length - 1] ^= 1;
    Path other = folder.resolve("other");
    assertThat(InProcess.train(folder, other, 4).exitCode()).isZero();
    for (byte[] bytes : List.of(damaged, Files.readAllBytes(other.resolve("corpus.bin")))) {
      Files.delete(encoded);
      Files.write(encoded, bytes);

      InProcess refused = resume("--recorded-corpus");

      assertThat(refused.exitCode()).isEqualTo(2);
      assertThat(refused.err())
          .contains("  the corpus has changed: SHA-256 ")
          .doesNotContain("--recorded-corpus");
    }
  }

  @Test
  void aRunThatIsReplacedKeepsItsText() throws IOException {
    byte[] recorded = Files.readAllBytes(run.resolve("corpus.bin"));
    InProcess failed = resume("--resume=never", "--set=samples.prime=☃");
    assertThat(failed.exitCode()).isEqualTo(2);
    assertThat(run.resolve("corpus.bin")).hasBinaryContent(recorded);
    assertThat(run.resolve(".corpus.bin.next")).doesNotExist();

    InProcess replaced = resume("--resume=never");

    assertThat(replaced.exitCode()).as(replaced.err()).isZero();
    assertThat(Files.readAllBytes(run.resolve("corpus.bin"))).isNotEqualTo(recorded);
    run = folder.resolve("run.1");
    assertThat(run.resolve("corpus.bin")).hasBinaryContent(recorded);
    assertThat(run.resolve(".corpus.bin.next")).doesNotExist();
    InProcess resumed = resume("--recorded-corpus");
    assertThat(resumed.exitCode()).as(resumed.err()).isZero();
  }

  @Test
  void otherSettingsAreStillRefused() {
    InProcess refused = resume("--recorded-corpus", "--set=seed=8");

    assertThat(refused.exitCode()).isEqualTo(2);
    assertThat(refused.err()).contains("  seed: 7 -> 8").doesNotContain("  --recorded-corpus");
  }

  @Test
  void aNewRunReadsTheTextOfNow() {
    run = folder.resolve("new");

    InProcess started = resume("--recorded-corpus");

    assertThat(started.exitCode()).as(started.err()).isZero();
    assertThat(started.err()).contains("(new run)").doesNotContain("as the run began");
  }
}
