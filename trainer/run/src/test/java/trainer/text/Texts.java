package trainer.text;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import trainer.config.Data;
import trainer.config.Data.Newlines;
import trainer.config.Data.Normalization;
import trainer.config.Data.UnknownCharacters;

/** Texts for tests. */
public final class Texts {
  private Texts() {}

  /** A data section with every default. */
  static Data data(Path... files) {
    return data(Normalization.NONE, Newlines.LF, null, UnknownCharacters.ERROR, files);
  }

  static Data data(
      Normalization normalization,
      Newlines newlines,
      Path vocabulary,
      UnknownCharacters unknown,
      Path... files) {
    return new Data(
        Arrays.stream(files).map(Path::toString).toList(),
        null,
        null,
        StandardCharsets.UTF_8,
        null,
        normalization,
        newlines,
        vocabulary == null ? null : vocabulary.toString(),
        unknown,
        Data.Shuffle.NONE,
        List.of(0.9, 0.05, 0.05),
        1);
  }

  public static Path write(Path directory, String name, String text) {
    return write(directory, name, text.getBytes(StandardCharsets.UTF_8));
  }

  public static Path write(Path directory, String name, byte[] bytes) {
    try {
      return Files.write(directory.resolve(name), bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Encodes a text in the vocabulary of its characters. */
  public static EncodedText encoded(String text) {
    try {
      Path directory = Files.createTempDirectory("texts");
      Path file = write(directory, "text.txt", text);
      Corpus corpus =
          Corpus.open(
              data(Normalization.NONE, Newlines.KEEP, null, UnknownCharacters.ERROR, file),
              directory.resolve("text.encoded"));
      Files.delete(file);
      Files.delete(directory.resolve("text.encoded"));
      Files.delete(directory);
      return corpus.text();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
