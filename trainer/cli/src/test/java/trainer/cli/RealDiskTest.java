package trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import trainer.cli.TrainerProcess.Result;
import trainer.disk.MountedDisk;
import trainer.disk.MountedDisk.Shortage;

/**
 * Runs on a mounted file system that fills up or becomes read-only. Skipped unless root on Linux;
 * {@link FullDiskTest} simulates a full disk.
 */
@Tag("slow")
final class RealDiskTest {
  private static final int MEBIBYTES = 16;
  private static final int MEBIBYTES_OF_BTRFS = 128;

  /** A second or two: long enough for the disk to be full in between. */
  private static final String[] JOB = {
    SmallJob.FILE,
    "--set=training.max_iterations=500",
    "--set=evaluation.every_iterations=125",
    "--set=checkpoints.every_iterations=50",
    "--set=samples.every_iterations=250"
  };

  @TempDir private static Path reference;
  private static RunContents uninterrupted;
  private static Commands commands;

  @TempDir private Path temporary;
  private MountedDisk disk;
  private Path run;

  @BeforeAll
  static void trainWithoutTrouble() throws IOException {
    Path folder = Files.createDirectory(reference.resolve("work"));
    SmallJob.write(folder);
    commands = new Commands(folder);
    Result result = commands.run(JOB);
    assertThat(result.exitCode()).as(result.err()).isZero();
    uninterrupted = RunContents.of(folder.resolve("models/small"));
  }

  @AfterAll
  static void end() {
    commands.close();
  }

  private void mount() throws IOException {
    disk = MountedDisk.ext4(temporary, MEBIBYTES);
    run = disk.path().resolve("run");
  }

  private void mountWithQuota() throws IOException {
    disk = MountedDisk.btrfs(temporary, MEBIBYTES_OF_BTRFS);
    run = disk.subvolume().resolve("run");
  }

  @AfterEach
  void unmount() {
    if (disk != null) {
      disk.close();
    }
  }

  private TrainerProcess start() {
    return TrainerProcess.start(reference.resolve("work"), job());
  }

  private void remount(String mode) throws IOException {
    commands.close(); // it may have the text mapped
    disk.remount(mode);
    commands = new Commands(reference.resolve("work"));
  }

  private Result train() {
    return commands.run(job());
  }

  private String[] job() {
    return SmallJob.with(JOB, "--output", run.toString());
  }

  private boolean hasCheckpoint() {
    return Files.exists(run.resolve("latest.zip"));
  }

  /** Samples are missing while the disk is full. */
  private void assertSameButForSamples() {
    RunContents contents = RunContents.of(run);
    assertThat(contents.checkpoint()).isEqualTo(uninterrupted.checkpoint());
    assertThat(contents.metrics()).isEqualTo(uninterrupted.metrics());
    assertThat(run.resolve("model.zip")).exists();
  }

  private static void assertFailed(Result result, String reason) {
    assertThat(result.exitCode()).as(result.err()).isEqualTo(1);
    assertThat(result.error())
        .startsWith("error: ")
        .contains(reason)
        .doesNotContain("Exception", "\tat ");
  }

  private static String reason(Shortage shortage) {
    return switch (shortage) {
      case BYTES, FILES -> "No space left on device";
      case QUOTA -> "Disk quota exceeded";
    };
  }

  @ParameterizedTest
  @CsvSource({"BYTES, true", "FILES, false", "QUOTA, true", "QUOTA, false"})
  void diskThatFillsUpDuringTraining(Shortage shortage, boolean freedInTime) throws IOException {
    if (shortage == Shortage.QUOTA) {
      mountWithQuota();
    } else {
      mount();
    }
    Result result;
    try (TrainerProcess process = start()) {
      process.await("checkpoint", this::hasCheckpoint);
      disk.fill(shortage);
      process.awaitError("training continues, and saves checkpoints again once there is space");
      if (freedInTime) {
        disk.free();
      }
      result = process.end();
    }
    assertThat(result.err()).containsOnlyOnce("training continues");
    if (freedInTime) {
      assertThat(result.exitCode()).as(result.err()).isZero();
    } else {
      assertThat(result.err()).contains("iter 500/500");
      assertFailed(result, reason(shortage));
      disk.free();
      Result again = train();
      assertThat(again.exitCode()).as(again.err()).isZero();
      assertThat(again.err()).contains("(resuming at iteration ");
    }
    assertSameButForSamples();
  }

  @Test
  void diskThatIsFullBeforeTraining() throws IOException {
    mount();
    disk.fill(Shortage.BYTES);
    assertFailed(train(), "No space left on device");
    assertThat(run.resolve("config.yml")).doesNotExist();
    disk.free();
    Result again = train();
    assertThat(again.exitCode()).as(again.err()).isZero();
    assertThat(RunContents.of(run)).isEqualTo(uninterrupted);
  }

  @Test
  void diskThatBecomesReadOnlyDuringTraining() throws IOException {
    mount();
    try (TrainerProcess process = start()) {
      process.await("checkpoint", this::hasCheckpoint);
      disk.fail();
      assertFailed(process.end(), "Read-only file system");
    }
    assertFailed(train(), "Read-only file system");
    remount("rw");
    Result again = train();
    assertThat(again.exitCode()).as(again.err()).isZero();
    assertThat(again.err()).contains("(resuming at iteration ");
    assertThat(RunContents.of(run)).isEqualTo(uninterrupted);
  }

  @Test
  void readOnlyRunIsReadAndNotTrained() throws IOException {
    mount();
    assertThat(train().exitCode()).isZero();
    remount("ro");
    Result complete = train();
    assertThat(complete.exitCode()).as(complete.err()).isZero();
    assertThat(complete.err()).contains("already complete");
    String[] longer = SmallJob.with(job(), "--set=training.max_iterations=510");
    assertFailed(commands.run(longer), "Read-only file system");
    Result sample = commands.run("sample", run.toString(), "--length=20", "--seed=1");
    assertThat(sample.exitCode()).as(sample.err()).isZero();
    Result evaluation = commands.run("evaluate", run.toString(), "--json");
    assertThat(evaluation.exitCode()).as(evaluation.err()).isZero();
    Path fresh = disk.path().resolve("fresh");
    assertFailed(
        commands.run(SmallJob.FILE, "--output", fresh.toString()), "Read-only file system");
  }
}
