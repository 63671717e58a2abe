package trainer.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import trainer.disk.DiskObserver;
import trainer.disk.WatchedFileSystem;
import trainer.file.FileErrors;
import trainer.file.FileException;
import trainer.run.Metrics;
import trainer.run.RunDirectory;
import trainer.run.RunException;
import trainer.training.Progress;

class CheckpointFolderTest {
  @TempDir Path directory;

  private RunDirectory run;

  @BeforeEach
  void emptyRun() throws IOException {
    run = new RunDirectory(directory.resolve("run"));
    Files.createDirectories(run.checkpoints());
  }

  /** Writes one checkpoint per validation loss, every 100 iterations. */
  private void train(CheckpointFolder folder, Retention retention, double... validationLosses) {
    double best = Double.POSITIVE_INFINITY;
    int bestIteration = 0;
    for (int i = 0; i < validationLosses.length; i++) {
      int iteration = (i + 1) * 100;
      if (validationLosses[i] < best) {
        best = validationLosses[i];
        bestIteration = iteration;
      }
      Progress progress = Examples.progress(iteration, best, bestIteration);
      String metrics = Examples.metrics(Arrays.copyOf(validationLosses, i + 1), 100);
      folder.write(
          Examples.checkpoint(progress, metrics), retention, Metrics.parse(metrics, "metrics"));
    }
  }

  @Test
  void keepsTheNewestAndTheBest() {
    CheckpointFolder folder = new CheckpointFolder(run);
    train(folder, new Retention(3, 2), 2.0, 1.5, 1.7, 1.4, 1.6, 1.8, 1.9, 1.95);
    assertThat(folder.iterations()).containsExactly(200L, 400L, 600L, 700L, 800L);
    assertThat(Checkpoint.read(run.best()).progress().iteration()).isEqualTo(400);
    assertThat(Checkpoint.read(run.latest()).progress().iteration()).isEqualTo(800);
  }

  @Test
  void keepsTheBestEvenIfItsNumberedFileGoes() {
    CheckpointFolder folder = new CheckpointFolder(run);
    train(folder, new Retention(1, 0), 2.0, 1.5, 1.7);
    assertThat(folder.iterations()).containsExactly(300L);
    assertThat(Checkpoint.read(run.best()).progress().iteration()).isEqualTo(200);
  }

  @Test
  void ofEqualLossesTheEarlierStays() {
    CheckpointFolder folder = new CheckpointFolder(run);
    train(folder, new Retention(1, 1), 2.0, 1.5, 1.5, 1.5, 1.6);
    assertThat(folder.iterations()).containsExactly(200L, 500L);
  }

  @Test
  void leavesNothingElseBehind() throws IOException {
    train(new CheckpointFolder(run), new Retention(2, 1), 2.0, 1.5, 1.7, 1.8);
    try (var files = Files.walk(run.path())) {
      assertThat(
              files
                  .filter(Files::isRegularFile)
                  .map(file -> run.path().relativize(file).toString()))
          .containsExactlyInAnyOrder(
              "best.zip",
              "latest.zip",
              "checkpoints/200.zip",
              "checkpoints/300.zip",
              "checkpoints/400.zip");
    }
  }

  @Test
  void writingTheSameIterationAgainReplacesIt() {
    CheckpointFolder folder = new CheckpointFolder(run);
    train(folder, new Retention(2, 1), 2.0, 1.5);
    train(folder, new Retention(2, 1), 2.0, 1.5);
    assertThat(folder.iterations()).containsExactly(100L, 200L);
    assertThat(Checkpoint.read(run.latest()).progress().iteration()).isEqualTo(200);
  }

  @Test
  void theNextCheckpointDeletesAnAbandonedBranch() {
    CheckpointFolder folder = new CheckpointFolder(run);
    train(folder, new Retention(5, 0), 2.0, 1.9, 1.8, 1.7);
    train(folder, new Retention(5, 0), 2.0, 1.95);
    assertThat(folder.iterations()).containsExactly(100L, 200L);
  }

  @Test
  void aRollbackDiscardsLaterCheckpoints() {
    CheckpointFolder folder = new CheckpointFolder(run);
    train(folder, new Retention(5, 0), 2.0, 1.9, 1.8, 1.7);
    folder.discardAfter(run.checkpoint(200), 200);
    assertThat(folder.iterations()).containsExactly(100L, 200L);
    assertThat(folder.newestWhole().orElseThrow().checkpoint().progress().iteration())
        .isEqualTo(200);
    assertThat(Checkpoint.read(run.latest()).progress().iteration()).isEqualTo(200);
  }

  /** As in a copied run directory, whose links became separate files. */
  @Test
  void aRollbackToALinkReplacesTheDamagedFile() throws IOException {
    CheckpointFolder folder = new CheckpointFolder(run);
    train(folder, new Retention(5, 0), 2.0, 1.9);
    byte[] whole = Files.readAllBytes(run.latest());
    Files.delete(run.latest());
    Files.write(run.latest(), whole);
    truncate(run.checkpoint(200), 100);
    CheckpointFolder.Found found = folder.newestWhole().orElseThrow();
    assertThat(found.file()).isEqualTo(run.latest());

    folder.discardAfter(found.file(), 200);

    assertThat(run.latest()).hasBinaryContent(whole);
    assertThat(run.checkpoint(200)).hasBinaryContent(whole);
  }

  @Test
  void aRollbackLeavesADirectoryOfTheSameName() throws IOException {
    CheckpointFolder folder = new CheckpointFolder(run);
    train(folder, new Retention(5, 0), 2.0, 1.9);
    Files.delete(run.checkpoint(200));
    Files.createDirectory(run.checkpoint(200));

    folder.discardAfter(run.latest(), 200);

    assertThat(run.checkpoint(200)).isEmptyDirectory();
    assertThat(Checkpoint.read(run.latest()).progress().iteration()).isEqualTo(200);
  }

  /** As where the disk was full before the link to the best one. */
  @Test
  void theNextCheckpointRestoresTheBest() throws IOException {
    CheckpointFolder folder = new CheckpointFolder(run);
    train(folder, new Retention(1, 1), 2.0, 1.5);
    Files.delete(run.best());
    String metrics = Examples.metrics(new double[] {2.0, 1.5, 1.7}, 100);
    folder.write(
        Examples.checkpoint(Examples.progress(300, 1.5, 200), metrics),
        new Retention(1, 1),
        Metrics.parse(metrics, "metrics"));
    assertThat(Checkpoint.read(run.best()).progress().iteration()).isEqualTo(200);
  }

  /** As of an imported network. */
  @Test
  void beforeTheFirstEvaluationNoneIsTheBest() {
    CheckpointFolder folder = new CheckpointFolder(run);
    Progress start = Examples.progress(0, Double.POSITIVE_INFINITY, 0);
    folder.write(
        Examples.checkpoint(start, Examples.metrics(new double[0], 100)),
        new Retention(1, 1),
        List.of());
    folder.restoreBest(run.checkpoint(0), start);
    assertThat(run.best()).doesNotExist();
  }

  /** Iteration 300 of another branch had a lower loss. */
  @Test
  void aRollbackRestoresTheBestCheckpoint() throws IOException {
    CheckpointFolder folder = new CheckpointFolder(run);
    train(folder, new Retention(5, 0), 2.0, 2.1, 1.9);
    Progress progress = Checkpoint.read(run.checkpoint(200)).progress();
    folder.restoreBest(run.checkpoint(200), progress);
    assertThat(Checkpoint.read(run.best()).progress().iteration()).isEqualTo(100);

    byte[] copy = Files.readAllBytes(run.best());
    Files.delete(run.best());
    Files.write(run.best(), copy);
    truncate(run.checkpoint(100), 10);
    folder.restoreBest(run.checkpoint(200), progress);
    assertThat(run.best()).as("the only intact one").hasBinaryContent(copy);

    Files.copy(run.checkpoint(200), run.best(), StandardCopyOption.REPLACE_EXISTING);
    byte[] other = Files.readAllBytes(run.best());
    folder.restoreBest(run.checkpoint(200), progress);
    assertThat(run.best()).as("a damaged one is no better").hasBinaryContent(other);

    Files.delete(run.best());
    Files.delete(run.checkpoint(100));
    folder.restoreBest(run.checkpoint(200), progress);
    assertThat(run.best()).doesNotExist();
  }

  @Test
  void aNewRunHasNoCheckpoint() throws IOException {
    CheckpointFolder folder = new CheckpointFolder(run);
    assertThat(folder.newestWhole()).isEmpty();
    Files.delete(run.checkpoints());
    assertThat(folder.newestWhole()).isEmpty();
  }

  @Test
  void resumesFromTheNewestIntactCheckpoint() throws IOException {
    CheckpointFolder folder = new CheckpointFolder(run);
    train(folder, new Retention(5, 0), 2.0, 1.9, 1.8);
    truncate(run.checkpoint(300), 100);
    Files.delete(run.latest());
    Files.delete(run.best());
    Files.writeString(run.checkpoints().resolve("notes.zip"), "not ours");
    Files.writeString(run.checkpoints().resolve(".400.zip.part"), "torn");
    CheckpointFolder.Found found = folder.newestWhole().orElseThrow();
    assertThat(found.file()).isEqualTo(run.checkpoint(200));
    assertThat(found.checkpoint().progress().iteration()).isEqualTo(200);
    assertThat(found.skipped())
        .containsExactly(run.checkpoint(300) + ": it is not a whole zip file (its end is missing)");
  }

  @Test
  void resumesFromASecondNameIfTheNumberedFilesAreGone() throws IOException {
    CheckpointFolder folder = new CheckpointFolder(run);
    train(folder, new Retention(1, 0), 2.0, 1.9, 2.1);
    Files.delete(run.checkpoint(300));
    assertThat(folder.newestWhole().orElseThrow().file()).isEqualTo(run.latest());
    Files.writeString(run.latest(), "rotten");
    CheckpointFolder.Found found = folder.newestWhole().orElseThrow();
    assertThat(found.file()).isEqualTo(run.best());
    assertThat(found.checkpoint().progress().iteration()).isEqualTo(200);
  }

  @Test
  void aRenamedCheckpointIsSkipped() throws IOException {
    CheckpointFolder folder = new CheckpointFolder(run);
    train(folder, new Retention(5, 0), 2.0, 1.9);
    Files.move(run.checkpoint(100), run.checkpoint(900));
    CheckpointFolder.Found found = folder.newestWhole().orElseThrow();
    assertThat(found.file()).isEqualTo(run.checkpoint(200));
    assertThat(found.skipped())
        .containsExactly(run.checkpoint(900) + ": contains iteration 100: it was renamed");
  }

  /** Resuming from an older one would lose it for good. */
  @Test
  void aCheckpointBehindAnIoErrorIsNotSkipped() throws IOException {
    train(new CheckpointFolder(run), new Retention(5, 0), 2.0, 1.9, 1.8);
    for (Path file : List.of(run.checkpoint(300), run.latest())) {
      for (IOException error :
          List.of(
              new IOException("Input/output error"),
              new FileSystemException(file.toString(), null, "Stale file handle"))) {
        assertThatExceptionOfType(FileException.class)
            .isThrownBy(() -> failing(file, error).newestWhole())
            .withCause(error)
            .withMessageStartingWith("%s: cannot be ", file)
            .withMessageContaining("(%s): ", FileErrors.reason(error));
      }
    }
    assertThat(new CheckpointFolder(run).iterations()).containsExactly(100L, 200L, 300L);
  }

  @Test
  void anUncheckableFileIsNotTreatedAsMissing() {
    train(new CheckpointFolder(run), new Retention(5, 0), 2.0);
    for (Path file : List.of(run.checkpoints(), run.latest(), run.best())) {
      assertThatExceptionOfType(FileException.class)
          .isThrownBy(
              () ->
                  failing(file, new FileSystemException("", null, "Stale file handle"))
                      .newestWhole())
          .withMessageStartingWith("%s: cannot be ", file);
    }
  }

  @Test
  void anUnreadableCheckpointIsSkippedAndKept() {
    train(new CheckpointFolder(run), new Retention(5, 0), 2.0, 1.9, 1.8);
    CheckpointFolder folder = failing(run.checkpoint(300), new AccessDeniedException("300.zip"));

    CheckpointFolder.Found found = folder.newestWhole().orElseThrow();
    assertThat(found.file()).hasToString(run.latest().toString());
    assertThat(found.skipped()).containsExactly(run.checkpoint(300) + ": permission denied");
    folder.discardAfter(run.checkpoint(100), 100);
    folder.write(Examples.checkpoint(150), new Retention(5, 0), List.of());

    assertThat(folder.iterations()).containsExactly(100L, 150L, 300L);
    assertThat(Checkpoint.read(run.checkpoint(300)).progress().iteration()).isEqualTo(300);
  }

  /** The folder on a disk with an I/O error for one file. */
  private CheckpointFolder failing(Path file, IOException error) {
    DiskObserver disk = DiskObserver.failsToRead(file, error);
    return new CheckpointFolder(new RunDirectory(WatchedFileSystem.watch(run.path(), disk)));
  }

  @Test
  void danglingLinksAreSkipped() throws IOException {
    CheckpointFolder folder = new CheckpointFolder(run);
    train(folder, new Retention(5, 0), 2.0);
    Files.createSymbolicLink(run.checkpoint(200), directory.resolve("nothing"));
    Files.createSymbolicLink(run.checkpoint(300), run.checkpoint(300));
    CheckpointFolder.Found found = folder.newestWhole().orElseThrow();
    assertThat(found.file()).isEqualTo(run.checkpoint(100));
    assertThat(found.skipped())
        .hasSize(2)
        .allMatch(reason -> reason.contains(".zip: it is a link that cannot be followed ("));
  }

  @Test
  void preferredCheckpointsComeFirst() throws IOException {
    CheckpointFolder folder = new CheckpointFolder(run);
    train(folder, new Retention(5, 0), 2.0, 1.9, 1.8, 1.7);
    assertThat(iteration(folder.newestWhole(iteration -> iteration % 300 == 0))).isEqualTo(300);
    truncate(run.checkpoint(300), 100);
    CheckpointFolder.Found found =
        folder.newestWhole(iteration -> iteration % 300 == 0).orElseThrow();
    assertThat(found.checkpoint().progress().iteration()).isEqualTo(400);
    assertThat(found.skipped()).singleElement().asString().startsWith("" + run.checkpoint(300));
    for (long iteration : folder.iterations()) {
      truncate(run.checkpoint(iteration), 100);
    }
    assertThatExceptionOfType(RunException.class)
        .isThrownBy(() -> folder.newestWhole(iteration -> iteration % 300 == 0))
        .withMessageContaining("none of its checkpoints can be used");
  }

  private static int iteration(Optional<CheckpointFolder.Found> found) {
    return found.orElseThrow().checkpoint().progress().iteration();
  }

  @Test
  void givesTheReasonForEachUnusableCheckpoint() throws IOException {
    Files.writeString(run.checkpoint(100), "x".repeat(50));
    Files.createDirectory(run.checkpoint(200));
    Files.createFile(run.latest());
    CheckpointFolder folder = new CheckpointFolder(run);
    assertThatExceptionOfType(RunException.class)
        .isThrownBy(folder::newestWhole)
        .withMessage(
            "%s: none of its checkpoints can be used: start over with --resume never, or restore"
                + " one from a copy:\n  %s: it is a directory, not a checkpoint\n  %s: it is not a"
                + " whole zip file (its end is missing)\n  %s: it is empty",
            run.path(), run.checkpoint(200), run.checkpoint(100), run.latest());
  }

  @Test
  void aFailedWriteLeavesTheOldOnes() throws IOException {
    CheckpointFolder folder = new CheckpointFolder(run);
    train(folder, new Retention(1, 0), 2.0);
    Files.createDirectories(run.checkpoint(200).resolve("in the way"));
    assertThatExceptionOfType(FileException.class)
        .isThrownBy(() -> train(folder, new Retention(1, 0), 2.0, 1.9))
        .withMessageStartingWith(run.checkpoint(200) + ": cannot be written (");
    assertThat(folder.newestWhole().orElseThrow().checkpoint().progress().iteration())
        .isEqualTo(100);
  }

  @Test
  void aDamagedCheckpointNamesTheOthers() throws IOException {
    train(new CheckpointFolder(run), new Retention(3, 0), 2.0, 1.9, 1.8);
    truncate(run.checkpoint(300), 100);
    assertThatExceptionOfType(RunException.class)
        .isThrownBy(() -> Checkpoint.read(run.latest()))
        .withMessage(
            "%s: not a usable checkpoint: it is not a whole zip file (its end is missing): use"
                + " another checkpoint: %s, %s",
            run.latest(), run.checkpoint(200), run.checkpoint(100));
  }

  private static void truncate(Path file, int fewer) throws IOException {
    // In place, so that every link to the file is affected.
    try (var channel =
        java.nio.channels.FileChannel.open(file, java.nio.file.StandardOpenOption.WRITE)) {
      channel.truncate(channel.size() - fewer);
    }
  }
}
