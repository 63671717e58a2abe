package trainer.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import trainer.Seeds;
import trainer.file.FileException;

class MetricsTest {
  private static final MetricsRow FIRST =
      new MetricsRow(25, 0, 102_400, 1.23456, 3.1234567, null, 0.002, 0.8125, 82_944.04);
  private static final MetricsRow SECOND =
      new MetricsRow(50, 1, 204_800, 2.5, 2.5, 2.6, 1.0E-7, 123456.789012, null);
  private static final String LINES =
      """
      iteration,epoch,characters,seconds,train_loss,validation_loss,learning_rate,gradient_norm,\
      characters_per_second
      25,0,102400,1.235,3.123457,,0.002,0.8125,82944.0
      50,1,204800,2.500,2.500000,2.600000,1E-7,123456.789,
      """;

  @TempDir Path directory;

  private Path file;

  @BeforeEach
  void aFile() {
    file = directory.resolve("metrics.csv");
  }

  @Test
  void writesOneRowPerReport() {
    try (Metrics metrics = Metrics.open(file, "")) {
      metrics.append(FIRST);
      assertThat(file).content().isEqualTo(LINES.substring(0, LINES.indexOf("50,1")));
      metrics.append(SECOND);
      assertThat(metrics.text()).isEqualTo(LINES);
      assertThat(metrics.rows()).containsExactly(FIRST, SECOND);
    }
    assertThat(file).content().isEqualTo(LINES);
  }

  @Test
  void writesTheSameInEveryLocale() {
    Locale before = Locale.getDefault();
    try {
      for (String language : new String[] {"de-DE", "ar-EG-u-nu-arab", "hi-IN-u-nu-deva"}) {
        Locale.setDefault(Locale.forLanguageTag(language));
        assertThat(FIRST.line()).isEqualTo("25,0,102400,1.235,3.123457,,0.002,0.8125,82944.0");
      }
    } finally {
      Locale.setDefault(before);
    }
  }

  @Test
  void readsBackItsOwnFile() {
    Metrics.open(file, LINES).close();
    assertThat(Metrics.read(file))
        .containsExactly(
            new MetricsRow(25, 0, 102_400, 1.235, 3.123457, null, 0.002, 0.8125, 82_944.0),
            new MetricsRow(50, 1, 204_800, 2.5, 2.5, 2.6, 1.0E-7, 123456.789, null));
  }

  @Test
  void aResumedRunHasNeitherGapsNorRepeats() throws IOException {
    String soFar = LINES.substring(0, LINES.indexOf("50,1"));
    for (String left :
        new String[] {
          LINES, LINES + "75,1,3", soFar.substring(0, soFar.length() - 9), "", "\0\0\0\0"
        }) {
      Files.writeString(file, left);
      try (Metrics metrics = Metrics.open(file, soFar)) {
        metrics.append(SECOND);
      }
      assertThat(file).content().isEqualTo(LINES);
    }
    Files.delete(file);
    Metrics.open(file, LINES).close();
    assertThat(file).content().isEqualTo(LINES);
  }

  @Test
  void aRowIsNotReportedTwice() {
    try (Metrics metrics = Metrics.open(file, LINES)) {
      assertThatExceptionOfType(IllegalArgumentException.class)
          .isThrownBy(() -> metrics.append(SECOND))
          .withMessage("iteration 50 was already reported");
    }
  }

  @Test
  void aLastLineThatIsBeingWrittenIsLeftOut() throws IOException {
    Files.writeString(file, LINES + "75,1,30");
    assertThat(Metrics.read(file)).hasSize(2);
  }

  @Test
  void namesTheLineThatIsNoRow() throws IOException {
    Files.writeString(file, LINES + "75,1\n");
    assertThatExceptionOfType(RunException.class)
        .isThrownBy(() -> Metrics.read(file))
        .withMessage(
            "%s:4: is not a row of a metrics.csv (2 columns instead of 9): resume the run, which"
                + " restores it",
            file);
    Files.writeString(file, LINES.replace("25,0", "x,0"));
    assertThatExceptionOfType(RunException.class)
        .isThrownBy(() -> Metrics.read(file))
        .withMessage(
            "%s:2: is not a row of a metrics.csv (For input string: \"x\"): resume the run, which"
                + " restores it",
            file);
  }

  /** Its checksum matches, so it was forged: resuming cannot restore it. */
  @Test
  void aCheckpointWithoutRowsIsNotResumed() {
    assertThatExceptionOfType(RunException.class)
        .isThrownBy(() -> Metrics.open(file, LINES + "75,1\n"))
        .withMessage(
            "metrics.csv of the checkpoint:4: is not a row of a metrics.csv (2 columns instead"
                + " of 9): use another checkpoint, or start over with --resume never");
    assertThat(file).doesNotExist();
  }

  @Test
  void refusesAnotherFile() throws IOException {
    Files.writeString(file, "step,loss\n1,2\n");
    assertThatExceptionOfType(RunException.class)
        .isThrownBy(() -> Metrics.read(file))
        .withMessage(
            "%s:1: is not the header of a metrics.csv, %s: resume the run, which restores it",
            file, MetricsRow.HEADER);
    Files.delete(file);
    assertThatExceptionOfType(FileException.class)
        .isThrownBy(() -> Metrics.read(file))
        .withMessage(
            "%s: cannot be read (no such file or directory): name the directory of a trained"
                + " run",
            file);
  }

  @Seeds(250)
  void aLineReadAndWrittenStaysTheSame(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    double rate = Double.longBitsToDouble(random.nextLong());
    double norm = Double.longBitsToDouble(random.nextLong());
    assertStaysTheSame(
        random.nextDouble(1e9),
        random.nextDouble(100),
        Double.isFinite(rate) ? rate : 0.5,
        Double.isFinite(norm) ? norm : 2);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 1, 0.01, Double.MIN_VALUE, Double.MIN_NORMAL, Double.MAX_VALUE})
  void aLineOfExtremeNumbersStaysTheSame(double value) {
    assertStaysTheSame(Math.min(value, 1e9), Math.min(value, 100), value, -value);
    assertStaysTheSame(0, 0, -value, value);
  }

  private static void assertStaysTheSame(double seconds, double loss, double rate, double norm) {
    String line = new MetricsRow(7, 1, 9, seconds, loss, null, rate, norm, seconds).line();
    assertThat(MetricsRow.parse(line).line()).isEqualTo(line);
  }

  @Seeds(250)
  void aNumberIsReadAsJavaReadsIt(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    assertReadsAsJava(random.nextLong() >>> random.nextInt(1, 64), random.nextInt(21));
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "0, 20", "1, 20", "9223372036854775807, 0", "9223372036854775807, 20"})
  void aNumberIsReadAsJavaReadsIt(long digits, int decimals) {
    assertReadsAsJava(digits, decimals);
  }

  private static void assertReadsAsJava(long digits, int decimals) {
    String number = BigDecimal.valueOf(digits, decimals).toPlainString();
    assertThat(MetricsRow.parse("1,0,1," + number + ",,,,,").seconds())
        .isEqualTo(Double.parseDouble(number));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ".", "1.2.3", "1,5", "x", "0x", "--1"})
  void malformedNumbersAreRefused(String number) {
    assertThatExceptionOfType(NumberFormatException.class)
        .isThrownBy(() -> MetricsRow.parse("1,0,1," + number + ",,,,,"));
  }
}
