package trainer.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A text several times larger than the heap is encoded and read. */
@Tag("slow")
final class LargeTextTest {
  private static final String LINE = "Grüße, 100 MB of text on a heap of 32 MB. ";
  private static final int LINES = 2_400_000;

  @TempDir Path directory;

  @Test
  void aHundredMegabytesAreReadWithThirtyTwoMegabytesOfHeap() throws Exception {
    Path file = directory.resolve("large.txt");
    writeLines(file);
    assertThat(Files.size(file)).isGreaterThan(100_000_000);

    Path output = directory.resolve("output");
    Path errors = directory.resolve("errors");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx32m",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                Reader.class.getName(),
                file.toString())
            .redirectOutput(output.toFile())
            .redirectError(errors.toFile())
            .start();
    assertThat(process.waitFor(3, TimeUnit.MINUTES)).isTrue();
    assertThat(Files.readString(output))
        .as(Files.readString(errors))
        .isEqualTo((long) LINES * LINE.length() + " characters\n");
    assertThat(process.exitValue()).isZero();
  }

  private static void writeLines(Path file) throws IOException {
    byte[] block = LINE.repeat(1000).getBytes(StandardCharsets.UTF_8);
    try (OutputStream out = Files.newOutputStream(file)) {
      for (int i = 0; i < LINES; i += 1000) {
        out.write(block);
      }
    }
  }

  /** Runs in another process. */
  static final class Reader {
    private Reader() {}

    /** Encodes the text, opens it again, and checks every character of every lane. */
    public static void main(String[] arguments) {
      Path file = Path.of(arguments[0]);
      Path encoded = file.resolveSibling("large.encoded");
      Corpus.open(Texts.data(file), encoded);
      Corpus corpus = Corpus.open(Texts.data(file), encoded);
      if (!corpus.reused()) {
        throw new AssertionError("encoded twice");
      }
      int[] expected = corpus.vocabulary().encode(LINE);
      Lanes lanes = Lanes.training(corpus.text(), Split.whole("training", corpus.text()), 64, 512);
      for (long k = 0; k < lanes.segments(); k++) {
        Segment segment = lanes.read(k);
        for (int b = 0; b < 64; b++) {
          int inLine = (int) (lanes.position(b, k) % expected.length);
          for (int t = 0; t < segment.length(); t++) {
            if (segment.inputs()[t * 64 + b] != expected[inLine]) {
              throw new AssertionError("segment " + k + " lane " + b + " step " + t);
            }
            inLine = inLine + 1 == expected.length ? 0 : inLine + 1;
          }
        }
      }
      System.out.println(corpus.length() + " characters");
    }
  }
}
