package trainer.text;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;
import trainer.file.FileErrors;
import trainer.file.ShellWord;

/**
 * {@code vocabulary.json}:
 *
 * <pre>
 * {"version": 1, "characters": [
 *   {"index": 0, "code_point": 10, "character": "\n"},
 *   {"index": 1, "code_point": 32, "character": " "}
 * ]}
 * </pre>
 *
 * <p>Reading is strict: with another vocabulary than in training, a network produces nonsense
 * without any error.
 */
final class VocabularyFile {
  static final String NAME = "vocabulary.json";
  static final int VERSION = 1;
  private static final int MAXIMUM_BYTES = 1 << 27;

  private VocabularyFile() {}

  static String write(Vocabulary vocabulary) {
    StringBuilder json = new StringBuilder("{\"version\": " + VERSION + ", \"characters\": [");
    for (int index = 0; index < vocabulary.size(); index++) {
      int codePoint = vocabulary.codePoint(index);
      json.append(index == 0 ? "\n" : ",\n")
          .append("  {\"index\": ")
          .append(index)
          .append(", \"code_point\": ")
          .append(codePoint)
          .append(", \"character\": ")
          .append(CharacterNames.json(codePoint))
          .append('}');
    }
    return json.append("\n]}\n").toString();
  }

  static Vocabulary read(Path path, Confinement confinement) {
    Path file = Files.isDirectory(path) ? path.resolve(NAME) : path;
    try {
      Path admitted = confinement.admit(file);
      long size = Files.size(admitted);
      if (size > MAXIMUM_BYTES) {
        throw wrong(
            file.toString(),
            String.format(Locale.ROOT, "it has %,d bytes, more than all of Unicode needs", size));
      }
      byte[] bytes = Files.readAllBytes(admitted);
      TextDecoder.check(file.toString(), bytes, bytes.length, UTF_8);
      return parse(UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString(), file.toString());
    } catch (NoSuchFileException e) {
      throw new TextException(
          path.equals(file)
              ? "%s: no such file; data.vocabulary names a run directory or a %s%s"
                  .formatted(ShellWord.shown(file), NAME, FilePattern.hint(file.toString()))
              : "%s: no %s in this directory; data.vocabulary names a run directory or a %s"
                  .formatted(ShellWord.shown(path), NAME, NAME),
          e);
    } catch (CharacterCodingException e) {
      throw new TextException("%s: not a %s: not UTF-8".formatted(ShellWord.shown(file), NAME), e);
    } catch (IOException e) {
      throw new TextException(
          "%s: cannot be read: %s".formatted(ShellWord.shown(file), FileErrors.reason(e)), e);
    }
  }

  static Vocabulary parse(String json, String origin) {
    return Vocabulary.of(VocabularyParser.codePoints(json, origin));
  }

  static TextException wrong(String origin, String what) {
    return new TextException("%s: not a %s: %s".formatted(ShellWord.shown(origin), NAME, what));
  }
}
