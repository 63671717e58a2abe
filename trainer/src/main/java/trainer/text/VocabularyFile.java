package trainer.text;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Set;

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
 * <p>Reading is strict: a vocabulary that differs from the one a network was trained with turns its
 * text into nonsense without any error.
 */
final class VocabularyFile {
  static final String NAME = "vocabulary.json";
  private static final int VERSION = 1;
  private static final int MAXIMUM_BYTES = 1 << 27;
  private static final Set<String> KEYS = Set.of("version", "characters");
  private static final Set<String> CHARACTER_KEYS = Set.of("index", "code_point", "character");
  private static final ObjectReader READER =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build()
          .reader();

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

  static Vocabulary read(Path path) {
    Path file = Files.isDirectory(path) ? path.resolve(NAME) : path;
    try {
      long size = Files.size(file);
      if (size > MAXIMUM_BYTES) {
        throw wrong(
            file.toString(), "it has %,d bytes, more than all of Unicode needs".formatted(size));
      }
      return parse(Files.readString(file), file.toString());
    } catch (NoSuchFileException e) {
      throw new TextException(
          path.equals(file)
              ? "%s: no such file; data.vocabulary names a run directory or a %s"
                  .formatted(file, NAME)
              : "%s: no %s in this directory; data.vocabulary names a run directory or a %s"
                  .formatted(path, NAME, NAME),
          e);
    } catch (CharacterCodingException e) {
      throw new TextException("%s: not a %s: not UTF-8".formatted(file, NAME), e);
    } catch (IOException e) {
      throw new TextException("%s: cannot be read: %s".formatted(file, FileErrors.reason(e)), e);
    }
  }

  static Vocabulary parse(String json, String origin) {
    JsonNode root;
    try {
      root = READER.readTree(json);
    } catch (JsonProcessingException e) {
      var at = e.getLocation();
      throw new TextException(
          "%s:%d:%d: not JSON: %s"
              .formatted(
                  origin,
                  at == null ? 1 : at.getLineNr(),
                  at == null ? 1 : at.getColumnNr(),
                  reason(e)),
          e);
    }
    if (!root.isObject()) {
      throw wrong(origin, "expected an object with 'version' and 'characters'");
    }
    onlyKeys(root, KEYS, origin, "");
    int version = integer(root, "version", origin, "");
    if (version != VERSION) {
      throw wrong(
          origin,
          "version %d; this program reads version %d: use the one that wrote the file"
              .formatted(version, VERSION));
    }
    JsonNode characters = root.get("characters");
    if (characters == null || !characters.isArray()) {
      throw wrong(origin, "'characters' must be a list");
    }
    if (characters.isEmpty()) {
      throw wrong(origin, "'characters' is empty: a vocabulary has at least one character");
    }
    int[] codePoints = new int[characters.size()];
    for (int index = 0; index < codePoints.length; index++) {
      codePoints[index] = character(characters.get(index), index, origin);
    }
    try {
      return Vocabulary.of(codePoints);
    } catch (TextException e) {
      throw new TextException(origin + ": " + e.getMessage(), e);
    }
  }

  /** Jackson's message without its internals. */
  private static String reason(JsonProcessingException e) {
    return e instanceof MismatchedInputException
        ? "something follows the closing brace"
        : e.getOriginalMessage().replaceFirst(" \\(start marker at .*", "");
  }

  private static int character(JsonNode entry, int index, String origin) {
    String where = "characters[%d]".formatted(index);
    if (!entry.isObject()) {
      throw wrong(
          origin, where + ": expected an object with 'index', 'code_point' and 'character'");
    }
    onlyKeys(entry, CHARACTER_KEYS, origin, where + ".");
    int stated = integer(entry, "index", origin, where + ".");
    if (stated != index) {
      throw wrong(
          origin,
          "%s.index is %d; entries are in index order without gaps".formatted(where, stated));
    }
    int codePoint = integer(entry, "code_point", origin, where + ".");
    if (!Vocabulary.isCharacter(codePoint)) {
      throw wrong(
          origin,
          "%s.code_point: %d is not a Unicode character (0 to 1114111 without surrogates)"
              .formatted(where, codePoint));
    }
    JsonNode character = entry.get("character");
    if (character == null || !character.isTextual()) {
      throw wrong(origin, where + ".character must be a string");
    }
    if (!character.textValue().equals(Character.toString(codePoint))) {
      throw wrong(
          origin, "%s: character %s is not code point %d".formatted(where, character, codePoint));
    }
    return codePoint;
  }

  private static int integer(JsonNode object, String key, String origin, String where) {
    JsonNode value = object.get(key);
    if (value == null) {
      throw wrong(origin, "'%s%s' is missing".formatted(where, key));
    }
    if (!value.isInt()) {
      throw wrong(origin, "%s%s must be a whole number, not %s".formatted(where, key, value));
    }
    return value.intValue();
  }

  private static void onlyKeys(JsonNode object, Set<String> known, String origin, String where) {
    for (Iterator<String> names = object.fieldNames(); names.hasNext(); ) {
      String name = names.next();
      if (!known.contains(name)) {
        throw wrong(origin, "unknown key '%s%s'".formatted(where, name));
      }
    }
  }

  private static TextException wrong(String origin, String what) {
    return new TextException("%s: not a %s: %s".formatted(origin, NAME, what));
  }
}
