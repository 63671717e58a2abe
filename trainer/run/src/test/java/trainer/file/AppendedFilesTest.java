package trainer.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import trainer.run.Events;
import trainer.run.SamplesFile;

@Tag("slow")
class AppendedFilesTest {
  private static final Clock CLOCK =
      Clock.fixed(Instant.parse("2026-03-01T12:00:00.123456Z"), ZoneOffset.UTC);

  @TempDir Path directory;

  @Test
  void eventsAreLinesOfJson() {
    Path file = directory.resolve("events.jsonl");
    Map<String, Object> details = new LinkedHashMap<>();
    details.put("loss", Double.NaN);
    details.put("file", "checkpoints/500.zip");
    details.put("skipped", List.of(1, 2));
    try (Events events = Events.open(file, CLOCK)) {
      events.append("started", 0, Map.of());
      events.append("checkpoint", 500, details);
    }
    assertThat(file)
        .content()
        .isEqualTo(
            """
            {"time":"2026-03-01T12:00:00.123Z","kind":"started","iteration":0,"details":{}}
            {"time":"2026-03-01T12:00:00.123Z","kind":"checkpoint","iteration":500,"details":{"loss":"NaN","file":"checkpoints/500.zip","skipped":[1,2]}}
            """);
  }

  /** A pipe would block forever, and a link leads out of the run directory. */
  @Test
  void onlyRegularFilesAreAppendedTo() throws Exception {
    Path pipe = directory.resolve("pipe");
    assumeThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();
    Path victim = Files.writeString(directory.resolve("victim"), "precious");
    Path link = Files.createSymbolicLink(directory.resolve("link"), victim);
    for (Path path : List.of(pipe, link, directory)) {
      String message = path + ": is not a regular file: move it away; the run creates its own";
      assertThatExceptionOfType(FileException.class)
          .isThrownBy(() -> Events.open(path, CLOCK))
          .withMessage(message);
      assertThatExceptionOfType(FileException.class)
          .isThrownBy(() -> SamplesFile.open(path, 5))
          .withMessage(message);
    }
    assertThat(victim).content().isEqualTo("precious");
  }

  @Test
  void eventsContinueAfterTheLastCompleteLine() throws IOException {
    Path file = directory.resolve("events.jsonl");
    String whole = "{\"kind\":\"started\"}\n".repeat(1_000);
    String torn = "x".repeat(20_000);
    Files.writeString(file, whole + torn);
    try (Events events = Events.open(file, CLOCK)) {
      events.append("resumed", 3, Map.of());
    }
    assertThat(Files.readAllLines(file)).hasSize(1_001);
    Files.writeString(file, torn);
    Events.open(file, CLOCK).close();
    assertThat(file).isEmptyFile();
  }

  /** Like a machine that comes back after its run has resumed elsewhere. */
  @Test
  void anEarlierWriterNoLongerWritesToTheFile() throws IOException {
    Path events = directory.resolve("events.jsonl");
    Path samples = directory.resolve("samples.txt");
    try (Events lateEvents = Events.open(events, CLOCK);
        SamplesFile lateSamples = SamplesFile.open(samples, 0)) {
      Events.open(events, CLOCK).close();
      SamplesFile.open(samples, 0).close();
      lateEvents.append("checkpoint", 50, Map.of());
      lateSamples.append(50, 0.5, "late");
    }
    assertThat(events).isEmptyFile();
    assertThat(samples).isEmptyFile();
  }

  @Test
  void samplesTruncatedAtAnyByteContinueWithCompleteOnes() throws IOException {
    Path file = directory.resolve("samples.txt");
    String odd = "To be\n\n=== iteration 1, temperature 0.5, 3 characters ===\n𝄞é\n";
    try (SamplesFile samples = SamplesFile.open(file, 0)) {
      samples.append(100, 0.5, odd);
      samples.append(100, 1.0, "");
      samples.append(200, 0.5, "or not");
    }
    String text = Files.readString(file);
    int first = text.indexOf("=== iteration 100, temperature 1.0");
    int second = text.indexOf("=== iteration 200");
    assertThat(text)
        .startsWith(
            "=== iteration 100, temperature 0.5, %d characters ===\n%s\n\n"
                .formatted(odd.codePoints().count(), odd))
        .endsWith("=== iteration 200, temperature 0.5, 6 characters ===\nor not\n\n");
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    int firstByte = text.substring(0, first).getBytes(StandardCharsets.UTF_8).length;
    int secondByte = text.substring(0, second).getBytes(StandardCharsets.UTF_8).length;
    for (int length = 0; length <= bytes.length; length++) {
      Files.write(file, Arrays.copyOf(bytes, length));
      SamplesFile.open(file, 1_000).close();
      int expected =
          length == bytes.length
              ? length
              : length >= secondByte ? secondByte : length >= firstByte ? firstByte : 0;
      assertThat(Files.readAllBytes(file))
          .as("cut to %d bytes", length)
          .isEqualTo(Arrays.copyOf(bytes, expected));
    }
  }

  @Test
  void samplesOfLaterIterationsAreDrawnAgain() throws IOException {
    Path file = directory.resolve("samples.txt");
    try (SamplesFile samples = SamplesFile.open(file, 0)) {
      samples.append(100, 0.5, "early");
      samples.append(200, 0.5, "late");
    }
    try (SamplesFile samples = SamplesFile.open(file, 150)) {
      samples.append(200, 0.5, "again");
    }
    assertThat(Files.readString(file))
        .isEqualTo(
            """
            === iteration 100, temperature 0.5, 5 characters ===
            early

            === iteration 200, temperature 0.5, 5 characters ===
            again

            """);
  }

  /** Longer than a block, and than the memory allowed. */
  @Test
  void truncatingALongFileNeedsLittleMemory() throws IOException {
    Path file = directory.resolve("samples.txt");
    String text = "a𝄞é".repeat(1_000_000);
    long length;
    try (SamplesFile samples = SamplesFile.open(file, 0)) {
      samples.append(1, 0.5, text);
      samples.append(2, 0.5, text);
      length = Files.size(file);
      samples.append(3, 0.5, text);
    }
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    SamplesFile.open(file, 2).close();
    assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(4 << 20);
    assertThat(file).hasSize(length);
  }

  @Test
  void aHeadingWithoutANumberCutsTheSamplesThere() throws IOException {
    Path file = directory.resolve("samples.txt");
    String kept = "=== iteration 1, temperature 1.0E-5, 1 characters ===\na\n\n";
    for (String number : List.of("E", "1-", "1.0E-", "1.2.3", "", "1".repeat(30))) {
      Files.writeString(file, kept + kept.replace("1.0E-5", number));
      SamplesFile.open(file, 10).close();
      assertThat(file).content().as(number).isEqualTo(kept);
    }
  }

  @Test
  void invalidBytesTruncateTheSamples() throws IOException {
    Path file = directory.resolve("samples.txt");
    try (SamplesFile samples = SamplesFile.open(file, 0)) {
      samples.append(1, 0.5, "kept");
      samples.append(2, 0.5, "rotten");
    }
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length - 5] = (byte) 0xff;
    Files.write(file, bytes);
    SamplesFile.open(file, 10).close();
    assertThat(Files.readString(file)).endsWith("kept\n\n");
  }
}
