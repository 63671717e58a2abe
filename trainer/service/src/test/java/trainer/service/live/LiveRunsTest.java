package trainer.service.live;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import trainer.run.MetricsRow;
import trainer.service.runs.Labels;
import trainer.service.runs.Run;
import trainer.service.runs.RunFiles;
import trainer.service.runs.RunState;

final class LiveRunsTest {
  private static final int MOST_ROWS = 10;

  @TempDir private Path folder;
  private RunFiles files;
  private LiveRuns live;

  @BeforeEach
  void open() {
    files = new RunFiles(folder);
    live = new LiveRuns(files, MOST_ROWS);
  }

  private Run run(String name, int rows) throws IOException {
    Run run =
        new Run(
            1,
            name,
            name,
            RunState.SUCCEEDED,
            0,
            "anna",
            Instant.EPOCH,
            Instant.EPOCH,
            null,
            null,
            1,
            0,
            null,
            false,
            null,
            null,
            false,
            null,
            Labels.NONE);
    Files.createDirectories(files.newest(run).path());
    StringBuilder text = new StringBuilder(MetricsRow.HEADER + "\n");
    for (int i = 1; i <= rows; i++) {
      text.append(new MetricsRow(i, 0, i, i, 1.0, null, 0.1, 1.0, 1.0).line()).append('\n');
    }
    Files.writeString(files.newest(run).metrics(), text);
    return run;
  }

  @Test
  void recordsAreKeptForTheNextLook() throws IOException {
    Run one = run("one", 4);
    Run other = run("other", 4);
    LiveRun first = live.now(one);
    live.now(other);
    assertThat(live.now(one)).isSameAs(first);
    assertThat(first.metrics()).hasSize(4);
  }

  @Test
  void theLongestUnusedMakeRoom() throws IOException {
    Run one = run("one", 4);
    Run other = run("other", 4);
    LiveRun first = live.now(one);
    LiveRun second = live.now(other);
    assertThat(live.now(one)).isSameAs(first);
    live.now(run("third", 4));
    assertThat(live.now(one)).as("used since").isSameAs(first);
    assertThat(live.now(other)).as("not used since").isNotSameAs(second);

    Run longer = run("longer", 3 * MOST_ROWS);
    LiveRun alone = live.now(longer);
    assertThat(live.now(longer)).as("shown whole").isSameAs(alone);
    assertThat(alone.metrics()).hasSize(3 * MOST_ROWS);
  }

  /** A folder is in the place of the metrics, as any failure of the disk. */
  @Test
  void figuresThatCannotBeReadAreReadAgain() throws IOException {
    Run run = run("small", 3);
    Path metrics = files.newest(run).metrics();
    String text = Files.readString(metrics);
    Files.delete(metrics);
    Files.createDirectory(metrics);
    assertThat(live.progress(run)).isEmpty();
    Files.delete(metrics);
    Files.writeString(metrics, text);
    assertThat(live.progress(run)).isPresent();
  }
}
