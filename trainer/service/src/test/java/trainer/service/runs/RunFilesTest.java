package trainer.service.runs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import trainer.run.RunDirectory;

final class RunFilesTest {
  @TempDir private Path folder;
  private RunFiles files;

  @BeforeEach
  void open() {
    files = new RunFiles(folder.resolve("runs"));
  }

  private static Lease lease(int attempt) {
    Run run =
        new Run(
            1,
            "small-0a1b2c3d",
            "small",
            RunState.RUNNING,
            0,
            "anna",
            Instant.EPOCH,
            Instant.EPOCH,
            null,
            null,
            attempt,
            0,
            "worker",
            false,
            null,
            null,
            false,
            null,
            Labels.NONE);
    return new Lease(run, "name: small\n", null, 1);
  }

  private RunDirectory prepare(int attempt) throws IOException {
    files.prepare(lease(attempt), before -> Files.exists(before.corpus()), () -> {});
    RunDirectory newest = files.newest(lease(attempt).run());
    Files.writeString(newest.corpus(), "text");
    return newest;
  }

  @Test
  void anAttemptBeginsWithWhatTheOneBeforeItLeft() throws IOException {
    RunDirectory first = prepare(1);
    Files.writeString(first.checkpoint(10), "ten");
    Files.writeString(first.latest(), "ten");
    Files.writeString(first.metrics(), "rows\n");
    Files.writeString(first.checkpoints().resolve(".11.zip.part"), "half");
    RunDirectory second = prepare(2);

    assertThat(second.checkpoint(10)).hasContent("ten");
    assertThat(second.latest()).hasContent("ten");
    assertThat(second.metrics()).hasContent("rows\n");
    assertThat(second.checkpoints().resolve(".11.zip.part")).doesNotExist();
    assertThat(second.holdsRun()).isTrue();
  }

  /** As on network file systems that have no links. */
  @Test
  void whatCannotBeLinkedIsCopied() throws IOException {
    Path memory = Path.of("/dev/shm");
    assumeTrue(
        Files.isWritable(memory) && !Files.getFileStore(memory).equals(Files.getFileStore(folder)),
        "two file systems");
    RunDirectory first = prepare(1);
    Path elsewhere = Files.createTempDirectory(memory, "checkpoints");
    Path checkpoint = elsewhere.resolve(first.checkpoint(10).getFileName().toString());
    try {
      Files.writeString(checkpoint, "ten");
      Files.delete(first.checkpoints());
      Files.createSymbolicLink(first.checkpoints(), elsewhere);
      assertThat(prepare(2).checkpoint(10)).hasContent("ten");
    } finally {
      Files.deleteIfExists(checkpoint);
      Files.delete(elsewhere);
    }
  }

  @Test
  void aStaleProcessCannotReachTheNewAttempt() throws IOException {
    RunDirectory first = prepare(1);
    Files.writeString(first.checkpoint(10), "ten");
    Files.writeString(first.metrics(), "rows\n");
    RunDirectory second = prepare(2);
    // A process that comes back appends, writes a new checkpoint, deletes an old one.
    Files.writeString(first.metrics(), "stale\n");
    Files.delete(first.checkpoint(10));
    Files.writeString(first.checkpoint(20), "stale");

    assertThat(second.metrics()).hasContent("rows\n");
    assertThat(second.checkpoint(10)).hasContent("ten");
    assertThat(second.checkpoint(20)).doesNotExist();
  }

  @Test
  void anAttemptThatLeftNoCheckpointIsPassedOver() throws IOException {
    Files.writeString(prepare(1).checkpoint(10), "ten");
    RunDirectory second = prepare(2);
    Files.delete(second.checkpoint(10));

    assertThat(prepare(3).checkpoint(10)).hasContent("ten");
  }

  @Test
  void withoutTheTextThatItBeganWithARunBeginsAgainAndSaysSo() throws IOException {
    RunDirectory first = prepare(1);
    Files.writeString(first.checkpoint(10), "ten");
    Files.delete(first.corpus());
    assertThat(prepare(2).checkpoint(10)).doesNotExist();
    assertThat(files.log(lease(2).run()))
        .hasContent(
            first.corpus()
                + " is missing or damaged, and data.corpus has changed: the run begins again");
  }

  @Test
  void earlierAttemptsAreDeletedWithoutTheNewest() throws IOException {
    Files.writeString(prepare(1).checkpoint(10), "ten");
    assertThatThrownBy(
            () ->
                files.prepare(
                    lease(2),
                    before -> true,
                    () -> {
                      throw new CancellationException("the service stops");
                    }))
        .isInstanceOf(CancellationException.class);
    RunDirectory third = prepare(3);
    files.deleteEarlier(lease(3).run());

    assertThat(third.checkpoint(10)).hasContent("ten");
    assertThat(files.directory(lease(3).run()).toFile().list())
        .containsExactlyInAnyOrder("configuration.yml", "3");
  }

  @Test
  void deletingARunDeletesAllOfIt() throws IOException {
    Files.writeString(prepare(1).checkpoint(10), "ten");
    Files.createDirectories(files.root().resolve("other"));
    files.setAside(lease(1).run());
    files.finishDeleting(id -> false);
    assertThat(files.root()).isDirectoryNotContaining("glob:**small*");
    assertThat(files.root().resolve("other")).exists();
    files.setAside(lease(1).run());
  }

  /** As when the service was killed before, or after, the row of a fork was stored. */
  @Test
  void whatWasKeptForAForkWithoutARowIsDeletedADayLater() throws IOException {
    RunDirectory source = new RunDirectory(folder.resolve("source"));
    Files.createDirectories(source.checkpoints());
    Files.writeString(source.checkpoint(10), "ten");
    files.create();
    Run run = lease(0).run();
    files.keep(source, 10, run.id());
    files.finishDeleting(id -> false);
    assertThat(files.fork(run).checkpoint(10)).as("its row may come").hasContent("ten");

    Path mark = files.root().resolve(".fork-" + run.id());
    FileTime twoDaysAgo = FileTime.from(Instant.now().minus(Duration.ofDays(2)));
    Files.setLastModifiedTime(mark, twoDaysAgo);
    files.finishDeleting(id -> false);
    assertThat(files.root()).isEmptyDirectory();

    files.keep(source, 10, run.id());
    Files.setLastModifiedTime(mark, twoDaysAgo);
    files.finishDeleting(id -> true);
    assertThat(files.fork(run).checkpoint(10)).hasContent("ten");
    assertThat(mark).doesNotExist();
  }

  @Test
  void whatWasSetAsideOfARunThatIsKeptComesBack() throws IOException {
    RunDirectory first = prepare(1);
    Files.writeString(first.checkpoint(10), "ten");
    files.setAside(lease(1).run());
    assertThat(first.path()).doesNotExist();
    files.finishDeleting("small-0a1b2c3d"::equals);
    assertThat(first.checkpoint(10)).hasContent("ten");
  }
}
