package trainer.service.live;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import trainer.run.MetricsRow;
import trainer.run.RunDirectory;
import trainer.run.SampleReader.Sample;
import trainer.service.live.LiveRun.Delta;
import trainer.service.live.LiveRun.Position;

final class LiveRunTest {
  @TempDir private Path folder;
  private RunDirectory directory;
  private LiveRun live;

  @BeforeEach
  void open() {
    directory = new RunDirectory(folder);
    live = new LiveRun(directory, folder.resolve("1.log"));
  }

  private static String rows(int first, int last) {
    StringBuilder text = new StringBuilder();
    for (int i = first; i <= last; i++) {
      text.append(new MetricsRow(i, 0, i, i, 1.0, null, 0.1, 1.0, 1.0).line()).append('\n');
    }
    return text.toString();
  }

  private static void append(Path file, String text) throws IOException {
    Files.writeString(file, text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }

  private Delta delta(Position position) {
    live.update();
    return live.since(position);
  }

  @Test
  void beforeTheFirstRowThereIsNothing() {
    Delta delta = delta(Position.START);
    assertThat(delta.metrics()).isEmpty();
    assertThat(delta.restarted()).isFalse();
    assertThat(delta.position()).isEqualTo(Position.START);
  }

  /** Longer than one read. */
  @Test
  void aLongCurveIsThereAtOnce() throws IOException {
    String row = rows(1, 1);
    int count = (9 << 20) / row.length();
    append(directory.metrics(), MetricsRow.HEADER + "\n" + row.repeat(count) + rows(2, 2));
    assertThat(delta(Position.START).metrics())
        .hasSize(count + 1)
        .last()
        .extracting(MetricsRow::iteration)
        .isEqualTo(2);
  }

  @Test
  void rowsAreToldOnceAndWhole() throws IOException {
    append(directory.metrics(), MetricsRow.HEADER + "\n" + rows(1, 3));
    Delta first = delta(Position.START);
    assertThat(first.metrics()).extracting(MetricsRow::iteration).containsExactly(1, 2, 3);

    String next = rows(4, 5);
    append(directory.metrics(), next.substring(0, next.length() - 4));
    Delta second = delta(first.position());
    assertThat(second.metrics()).extracting(MetricsRow::iteration).containsExactly(4);
    append(directory.metrics(), next.substring(next.length() - 4));
    assertThat(delta(second.position()).metrics())
        .extracting(MetricsRow::iteration)
        .containsExactly(5);
  }

  @Test
  void aRunThatGoesBackBeginsAgain() throws IOException {
    append(directory.metrics(), MetricsRow.HEADER + "\n" + rows(1, 5));
    append(directory.samples(), "=== iteration 4, temperature 1.0, 2 characters ===\nab\n\n");
    Position position = delta(Position.START).position();
    Path aside = folder.resolve("aside");
    append(aside, MetricsRow.HEADER + "\n" + rows(1, 4));
    Files.move(aside, directory.metrics(), StandardCopyOption.REPLACE_EXISTING);
    Delta again = delta(position);

    assertThat(again.restarted()).isTrue();
    assertThat(again.metrics()).extracting(MetricsRow::iteration).containsExactly(1, 2, 3, 4);
    assertThat(again.samples()).hasSize(1);
    assertThat(delta(again.position()).restarted()).isFalse();
  }

  @Test
  void samplesAreCutByTheirHeadingsNotTheirText() throws IOException {
    append(
        directory.samples(),
        """
        === iteration 4, temperature 0.5, 10 characters ===
        ab

        === x


        === iteration 4, temperature 1.0, 3 characters ===
        \uD83D\uDE00
        """);
    Delta first = delta(Position.START);
    assertThat(first.samples()).hasSize(1);
    assertThat(first.samples().get(0).text()).isEqualTo("ab\n\n=== x\n");
    append(directory.samples(), "b\n\n");
    Delta second = delta(first.position());
    assertThat(second.samples()).hasSize(1);
    assertThat(second.samples().get(0).text()).isEqualTo("\uD83D\uDE00\nb");
    assertThat(second.samples().get(0).temperature()).isEqualTo(1.0);
  }

  @Test
  void onlyTheEndOfALongLogIsKept() throws IOException {
    for (int i = 1; i <= 1500; i++) {
      append(folder.resolve("1.log"), "line " + i + "\n");
    }
    Delta first = delta(Position.START);
    assertThat(first.log()).hasSize(1000).startsWith("line 501").endsWith("line 1500");
    append(folder.resolve("1.log"), "line 1501\n");
    assertThat(delta(first.position()).log()).containsExactly("line 1501");
  }

  private static String sample(int iteration, String text) {
    return "=== iteration %d, temperature 0.5, %d characters ===\n%s\n\n"
        .formatted(iteration, text.codePointCount(0, text.length()), text);
  }

  /** Longer than one read, in multi-byte characters; each poll once took minutes. */
  @Test
  @Timeout(10)
  void theNewestOfLongFilesIsThereAtOnce() throws IOException {
    int count = 120_000;
    StringBuilder samples = new StringBuilder();
    for (int i = 1; i <= count; i++) {
      samples.append(sample(i, "быть"));
    }
    append(directory.samples(), samples.toString());
    append(folder.resolve("1.log"), "line\n".repeat(2_000_000) + "last\n");
    Delta delta = delta(Position.START);
    assertThat(delta.samples()).hasSize(1000);
    assertThat(delta.samples().get(999).iteration()).isEqualTo(count);
    assertThat(delta.log()).hasSize(1000).endsWith("line", "last");
  }

  /** Of three bytes each, so that one is in two of the pieces that are read. */
  @Test
  void whatIsTooLongIsCutAndSaysSo() throws IOException {
    String snow = "☃".repeat(1_500_000);
    append(directory.samples(), sample(1, snow) + sample(2, "𝄞".repeat(100_000)) + sample(3, "b"));
    String line = "𝄞".repeat(60_000);
    append(folder.resolve("1.log"), "a" + line + "\nb\n");
    Delta delta = delta(Position.START);
    assertThat(delta.samples())
        .extracting(Sample::text)
        .containsExactly(
            "☃".repeat(100_000) + "… (the first 100,000 of 1,500,000 characters)",
            "𝄞".repeat(100_000),
            "b");
    assertThat(delta.log())
        .containsExactly(
            "a" + line.substring(0, 99_998) + "… (the first 100,000 of 120,001 characters)", "b");
  }

  @Test
  void theOldestOfManyLongTextsMakeRoom() throws IOException {
    String text = "x".repeat(90_000);
    for (int i = 1; i <= 20; i++) {
      append(directory.samples(), sample(i, text));
      append(folder.resolve("1.log"), i + text + "\n");
    }
    Delta first = delta(Position.START);
    assertThat(first.samples()).extracting(Sample::iteration).hasSize(11).endsWith(19, 20);
    assertThat(first.log()).hasSize(11).endsWith("20" + text);
    append(directory.samples(), sample(21, text));
    Delta second = delta(first.position());
    assertThat(second.samples()).extracting(Sample::iteration).containsExactly(21);
    assertThat(second.log()).isEmpty();
  }

  /** A partial or foreign line. */
  @Test
  void whatIsNoSampleIsNotWaitedFor() throws IOException {
    append(directory.samples(), sample(1, "a") + "=== no heading\n" + sample(2, "b"));
    Delta first = delta(Position.START);
    assertThat(first.samples()).extracting(Sample::iteration).containsExactly(1);
    append(directory.samples(), sample(3, "c"));
    assertThat(delta(first.position()).samples()).isEmpty();
  }

  @Test
  void progressIsReadFromTheEndsOfTheFiles() throws IOException {
    assertThat(RunProgress.of(directory)).isEmpty();
    append(directory.metrics(), MetricsRow.HEADER + "\n");
    assertThat(RunProgress.of(directory)).isEmpty();
    append(
        directory.metrics(),
        new MetricsRow(1, 0, 1, 1, 1.0, 2.5, 0.1, 1.0, 1.0).line() + "\n" + rows(2, 10) + "11,0");
    append(directory.events(), "{\"kind\":\"started\",\"details\":{\"iterations\":40}}\n");
    append(directory.events(), "{\"kind\":\"warning\",\"details\":{\"text\":\"noisy\"}}\n");
    append(directory.events(), "{\"kind\":\"checkpoint\",\"details\":{}}\n");
    RunProgress progress = RunProgress.of(directory).orElseThrow();

    assertThat(progress.last().iteration()).isEqualTo(10);
    assertThat(progress.validationLoss()).isEqualTo(2.5);
    assertThat(progress.start().iterations()).isEqualTo(40);
    assertThat(progress.secondsLeft()).hasValue(30.0);
    assertThat(progress.start().warnings()).containsExactly("noisy");
  }

  @Test
  void theTimeLeftEndsWithTheTimeBudget() throws IOException {
    append(directory.metrics(), MetricsRow.HEADER + "\n" + rows(1, 10));
    append(
        directory.events(),
        "{\"kind\":\"started\",\"details\":{\"iterations\":40,\"max_minutes\":0.5}}\n");

    assertThat(RunProgress.of(directory).orElseThrow().secondsLeft()).hasValue(20.0);
  }

  private static MetricsRow measured(
      int iteration, double seconds, Double validation, double speed) {
    return new MetricsRow(iteration, 0, iteration, seconds, 1.0, validation, 0.1, 1.0, speed);
  }

  private RunProgress progress(MetricsRow... rows) throws IOException {
    append(directory.metrics(), MetricsRow.HEADER + "\n");
    for (MetricsRow row : rows) {
      append(directory.metrics(), row.line() + "\n");
    }
    append(directory.events(), "{\"kind\":\"started\",\"details\":{\"iterations\":1000}}\n");
    return RunProgress.of(directory).orElseThrow();
  }

  /** Overfitting: the last loss is not what the run is worth. */
  @Test
  void theBestLossIsTheLowestAndNotTheLast() throws IOException {
    RunProgress progress =
        progress(
            measured(100, 1, 2.3, 5),
            measured(200, 2, 1.793211, 5),
            measured(250, 2, null, 5),
            measured(300, 3, 1.9028, 5),
            measured(350, 4, Double.NaN, 5));

    assertThat(progress.bestValidationLoss()).isEqualTo(1.793211);
    assertThat(progress.bestIteration()).isEqualTo(200);
    assertThat(progress.validationLoss()).isNaN();
    assertThat(progress.validationLosses()).containsExactly(2.3, 1.793211, 1.9028);
  }

  /** The last row of earlier versions held the last evaluation and checkpoint too. */
  @Test
  void theSpeedIsTheMedianOfTheLatestRows() throws IOException {
    MetricsRow[] rows = new MetricsRow[300];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = measured(i + 1, i, null, i < 200 ? 100 : 41_000 + i);
    }
    rows[rows.length - 1] = measured(rows.length, rows.length, 2.0, 8_048);

    assertThat(progress(rows).charactersPerSecond()).isEqualTo(41_248.5);
  }

  @Test
  void theTimeLeftLeavesOutTheStartUp() throws IOException {
    // 20 s before the first row, then 0.1 s per iteration.
    RunProgress progress =
        progress(measured(10, 21, null, 5), measured(20, 22, null, 5), measured(30, 23, null, 5));

    assertThat(progress.secondsLeft().orElseThrow()).isCloseTo(97.0, Offset.offset(1e-9));
  }

  @Test
  void figuresFollowTheFilesAndAreThoseOfAWholeReading() throws IOException {
    RunFigures figures = new RunFigures(directory);
    assertThat(figures.now()).isEmpty();
    append(directory.metrics(), MetricsRow.HEADER + "\n");
    for (int i = 1; i <= 2000; i++) {
      append(directory.metrics(), measured(i, i, 1 + 1.0 / i, i).line() + "\n");
      if (i % 400 == 0) {
        assertThat(figures.now()).isEqualTo(RunProgress.of(directory));
      }
    }
    assertThat(figures.now().orElseThrow().validationLosses()).hasSizeBetween(16, 32);
    Files.delete(directory.metrics());
    append(directory.metrics(), MetricsRow.HEADER + "\n" + measured(7, 7, 9.0, 1).line() + "\n");
    assertThat(figures.now().orElseThrow().bestValidationLoss()).as("rolled back").isEqualTo(9.0);
  }
}
