package trainer.text;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.databind.node.TextNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.BitSet;

/**
 * Parses {@code vocabulary.json} as a stream and stops at the first error, so that a hostile file
 * cannot exhaust memory.
 */
final class VocabularyParser {
  private static final int VERSION = VocabularyFile.VERSION;
  private static final int MAXIMUM_TEXT = 100; // a character has 2 units of UTF-16 at most
  private static final JsonFactory JSON =
      JsonFactory.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .streamReadConstraints(
              StreamReadConstraints.builder().maxStringLength(MAXIMUM_TEXT).build())
          .build();

  private final JsonParser parser;
  private final String origin;
  private int[] codePoints = new int[256];
  private int size;
  private final BitSet read = new BitSet(); // bounded by Unicode
  private boolean inEntry;

  private VocabularyParser(JsonParser parser, String origin) {
    this.parser = parser;
    this.origin = origin;
  }

  /**
   * Returns the code points in file order: at least one, all distinct.
   *
   * @param origin names the source in messages
   * @throws TextException if it is malformed
   */
  static int[] codePoints(String json, String origin) {
    try (JsonParser parser = JSON.createParser(json)) {
      VocabularyParser reading = new VocabularyParser(parser, origin);
      reading.file();
      return Arrays.copyOf(reading.codePoints, reading.size);
    } catch (JsonProcessingException e) {
      throw notJson(origin, e.getLocation(), reason(e), e);
    } catch (IOException e) {
      throw new UncheckedIOException("nothing was read that could fail", e);
    }
  }

  private static TextException notJson(
      String origin, JsonLocation at, String reason, IOException cause) {
    int line = at == null ? 1 : at.getLineNr();
    int column = at == null ? 1 : at.getColumnNr();
    return new TextException(
        "%s:%d:%d: not JSON: %s".formatted(origin, line, column, reason), cause);
  }

  /** Jackson's message without its internals. */
  private static String reason(JsonProcessingException e) {
    return e instanceof StreamConstraintsException
        ? "a name, text or number is too long for a vocabulary"
        : e.getOriginalMessage().replaceFirst(" \\(start marker at .*", "");
  }

  private void file() throws IOException {
    if (parser.nextToken() != JsonToken.START_OBJECT) {
      throw wrong("expected an object with 'version' and 'characters'");
    }
    Integer version = null;
    boolean listed = false;
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      switch (nextKey()) {
        case "version" -> version = version();
        case "characters" -> {
          characters();
          listed = true;
        }
        default -> throw unknownKey();
      }
    }
    required(version, "version");
    if (!listed) {
      throw wrong("'characters' must be a list");
    }
    if (size == 0) {
      throw wrong("'characters' is empty: a vocabulary has at least one character");
    }
    if (parser.nextToken() != null) {
      throw notJson(
          origin,
          parser.currentTokenLocation(),
          "unexpected content after the closing brace",
          null);
    }
  }

  /** Returns the current key and advances to its value. */
  private String nextKey() throws IOException {
    String key = parser.currentName();
    parser.nextToken();
    return key;
  }

  private int version() throws IOException {
    int version = integer("version");
    if (version != VERSION) {
      throw wrong(
          "version %d; this program reads version %d: use the one that wrote the file"
              .formatted(version, VERSION));
    }
    return version;
  }

  private void characters() throws IOException {
    if (parser.currentToken() != JsonToken.START_ARRAY) {
      throw wrong("'characters' must be a list");
    }
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      if (size == codePoints.length) {
        codePoints = Arrays.copyOf(codePoints, 2 * size);
      }
      inEntry = true;
      codePoints[size] = character();
      inEntry = false;
      size++;
    }
  }

  private int character() throws IOException {
    if (parser.currentToken() != JsonToken.START_OBJECT) {
      throw wrong(entry() + ": expected an object with 'index', 'code_point' and 'character'");
    }
    Integer index = null;
    Integer codePoint = null;
    String text = null;
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      switch (nextKey()) {
        case "index" -> index = integer("index");
        case "code_point" -> codePoint = integer("code_point");
        case "character" -> text = text();
        default -> throw unknownKey();
      }
    }
    if (required(index, "index") != size) {
      throw wrong(
          "%s.index is %d; entries are in index order without gaps".formatted(entry(), index));
    }
    if (!Vocabulary.isCharacter(required(codePoint, "code_point"))) {
      throw wrong(
          "%s.code_point: %d is not a Unicode character (0 to 1114111 without surrogates)"
              .formatted(entry(), codePoint));
    }
    if (text == null) {
      throw noText();
    }
    if (!text.equals(Character.toString(codePoint))) {
      throw wrong(
          "%s: character %s is not code point %d".formatted(entry(), json(text), codePoint));
    }
    if (read.get(codePoint)) {
      throw wrong("%s: %s occurs twice".formatted(entry(), CharacterNames.describe(codePoint)));
    }
    read.set(codePoint);
    return codePoint;
  }

  private String text() throws IOException {
    if (parser.currentToken() != JsonToken.VALUE_STRING) {
      throw noText();
    }
    return parser.getText();
  }

  private TextException noText() {
    return wrong(entry() + ".character must be a string");
  }

  private int integer(String key) throws IOException {
    JsonToken value = parser.currentToken();
    if (value == JsonToken.VALUE_NUMBER_INT
        && parser.getNumberType() == JsonParser.NumberType.INT) {
      return parser.getIntValue();
    }
    String shown =
        switch (value) {
          case START_OBJECT -> "an object";
          case START_ARRAY -> "a list";
          case VALUE_STRING -> json(parser.getText());
          default -> parser.getText();
        };
    throw wrong("%s must be a whole number, not %s".formatted(named(key), shown));
  }

  private int required(Integer value, String key) {
    if (value == null) {
      throw wrong("'%s' is missing".formatted(named(key)));
    }
    return value;
  }

  private TextException unknownKey() throws IOException {
    return wrong("unknown key '%s'".formatted(named(parser.currentName())));
  }

  private static String json(String text) {
    return TextNode.valueOf(text).toString();
  }

  private String named(String key) {
    return inEntry ? entry() + "." + key : key;
  }

  private String entry() {
    return "characters[%d]".formatted(size);
  }

  private TextException wrong(String what) {
    return VocabularyFile.wrong(origin, what);
  }
}
