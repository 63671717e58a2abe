package trainer.cli;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run that is complete is only read. */
final class CompleteRunTest {
  @TempDir private Path folder;
  private Path run;

  @BeforeEach
  void write() {
    SmallJob.write(folder, 4_000);
    run = folder.resolve("run");
  }

  /** Every file and folder of the run with its time. */
  private Map<Path, FileTime> times() throws IOException {
    Map<Path, FileTime> times = new TreeMap<>();
    try (Stream<Path> files = Files.walk(run)) {
      for (Path file : files.toList()) {
        times.put(file, Files.getLastModifiedTime(file));
      }
    }
    return times;
  }

  private static String facts(InProcess result) {
    return result
        .err()
        .lines()
        .filter(line -> line.matches("(finished after|lowest|loss curve|generate).*"))
        .map(line -> line.replaceFirst(", peak memory .*", ""))
        .collect(joining("\n"));
  }

  @Test
  void runningItAgainWritesNothingAndPrintsTheSameFacts() throws IOException {
    InProcess first = InProcess.train(folder, run, 8);
    assertThat(first.exitCode()).as(first.err()).isZero();
    RunContents contents = RunContents.of(run);
    FileTime past = FileTime.from(Instant.parse("2020-01-01T00:00:00Z"));
    for (Path file : times().keySet()) {
      Files.setLastModifiedTime(file, past);
    }
    Map<Path, FileTime> times = times();
    String events = Files.readString(run.resolve("events.jsonl"));
    String provenance = Files.readString(run.resolve("provenance.json"));

    InProcess again = InProcess.train(folder, run, 8);

    assertThat(again.exitCode()).as(again.err()).isZero();
    assertThat(times()).isEqualTo(times);
    assertThat(RunContents.of(run)).isEqualTo(contents);
    assertThat(run.resolve("events.jsonl")).hasContent(events);
    assertThat(run.resolve("provenance.json")).hasContent(provenance);
    assertThat(facts(again)).isEqualTo(facts(first)).contains("finished after 8 iterations");
    assertThat(again.err()).contains(run + ": already complete; ");
  }

  @Test
  void whatIsDamagedIsRepairedAsBefore() throws IOException {
    assertThat(InProcess.train(folder, run, 8).exitCode()).isZero();
    byte[] model = RunContents.entries(run.resolve("model.zip")).get("coefficients.bin");
    for (String file : new String[] {"model.zip", "metrics.csv", "config.yml", "corpus.bin"}) {
      Files.write(run.resolve(file), new byte[] {1, 2, 3});

      assertThat(InProcess.train(folder, run, 8).exitCode()).isZero();

      assertThat(Files.size(run.resolve(file))).as(file).isGreaterThan(3);
      assertThat(RunContents.entries(run.resolve("model.zip")).get("coefficients.bin"))
          .isEqualTo(model);
    }
  }

  @Test
  void aChangedTextOrSettingIsStillRefused() throws IOException {
    assertThat(InProcess.train(folder, run, 8).exitCode()).isZero();
    Path corpus = folder.resolve("corpus.txt");
    String text = Files.readString(corpus);
    Files.writeString(corpus, text + text);
    assertThat(InProcess.train(folder, run, 8).exitCode()).isEqualTo(2);
    Files.writeString(corpus, text);
    assertThat(InProcess.train(folder, run, 8).exitCode()).isZero();
    assertThat(
            InProcess.run(
                    folder.resolve(SmallJob.FILE).toString(), "--output=" + run, "--set=seed=8")
                .exitCode())
        .isEqualTo(2);
  }
}
