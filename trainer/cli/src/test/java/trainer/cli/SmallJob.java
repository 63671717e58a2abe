package trainer.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;

/**
 * A job of a second or two, written into a folder as {@code corpus.txt} and {@code job.yml}. Its
 * layers have different cells and dropout, so that a resumed run restores every kind of state.
 */
public final class SmallJob {
  /** File name of the configuration. */
  public static final String FILE = "job.yml";

  static final int BUSY_ITERATIONS = 80;

  /** A command that spends most of its time on evaluation and checkpoints. */
  static final String[] BUSY = {
    FILE,
    "--set=training.max_iterations=" + BUSY_ITERATIONS,
    "--set=evaluation.every_iterations=10",
    "--set=checkpoints.every_iterations=5",
    "--set=samples.every_iterations=20"
  };

  private static final String[] WORDS = {
    "the",
    "sea",
    "and",
    "a",
    "ship",
    "that",
    "no",
    "wind",
    "would",
    "carry",
    "home,",
    "until.",
    "Then",
    "Night",
    "fell",
    "slowly;",
    "over",
    "quiet",
    "harbours",
    "we",
    "waited",
    "long"
  };
  private static final String CONFIGURATION =
      """
      name: small
      seed: 7
      data: {corpus: corpus.txt, split: [0.9, 0.1, 0.0]}
      model:
        layers:
          - {type: gru, size: 16, dropout: 0.2}
          - {type: graves_lstm, size: 12}
      training:
        batch_size: 8
        sequence_length: 16
        max_iterations: 160
        optimizer: {type: adam, learning_rate: 0.01}
      evaluation: {every_iterations: 40}
      checkpoints: {every_iterations: 20, keep_last: 2}
      samples: {every_iterations: 40, length: 30, temperatures: [0.5, 1.0]}
      compute: {threads: 1, lane_groups: 0}
      """;

  private SmallJob() {}

  /** A command with more arguments. */
  public static String[] with(String[] command, String... more) {
    return Stream.concat(Arrays.stream(command), Arrays.stream(more)).toArray(String[]::new);
  }

  /** Writes the job. */
  public static void write(Path folder) {
    write(folder, 20_000);
  }

  /** Writes the job with a corpus of about {@code characters} characters. */
  public static void write(Path folder, int characters) {
    try {
      Files.writeString(folder.resolve(FILE), CONFIGURATION);
      Files.writeString(folder.resolve("corpus.txt"), text(characters, 1));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A text of about {@code characters} characters; the same seed gives the same text. */
  static String text(int characters, long seed) {
    Random random = new Random(seed);
    StringBuilder text = new StringBuilder(characters + 20);
    int line = 0;
    while (text.length() < characters) {
      String word = WORDS[random.nextInt(WORDS.length)];
      text.append(word);
      line += word.length() + 1;
      text.append(line > 60 ? '\n' : ' ');
      line = line > 60 ? 0 : line;
    }
    return text.toString();
  }
}
