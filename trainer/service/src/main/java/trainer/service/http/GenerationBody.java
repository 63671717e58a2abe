package trainer.service.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ThreadLocalRandom;

/** Keys that requests for texts have in common, checked. */
final class GenerationBody {
  static final int BODY_BYTES = 64 * 1024;
  static final int MOST_CHARACTERS = 20_000;
  static final int MOST_PROMPT = 10_000;

  private static final int MOST_TEMPERATURE = 100;
  private static final int MOST_STOPS = 8;
  private static final int MOST_STOP = 100;
  private static final long SEEDS = 1_000_000; // of those drawn: short enough to be typed again

  private GenerationBody() {}

  /** A text of at most this many characters; empty if it is missing or null. */
  static String text(JsonNode value, String key, int most) {
    if (value.isMissingNode() || value.isNull()) {
      return "";
    }
    if (!value.isTextual() || value.textValue().length() > most) {
      throw ApiJson.wrong(key, String.format(Locale.ROOT, "text of at most %,d characters", most));
    }
    if (!StandardCharsets.UTF_8.newEncoder().canEncode(value.textValue())) {
      throw ApiJson.wrong(key, "text without half of a surrogate pair");
    }
    return value.textValue();
  }

  static double temperature(ObjectNode body, double usual) {
    JsonNode value = body.path("temperature");
    if (value.isMissingNode() || value.isNull()) {
      return usual;
    }
    if (!value.isNumber()
        || !(value.doubleValue() >= 0 && value.doubleValue() <= MOST_TEMPERATURE)) {
      throw ApiJson.wrong("temperature", "a number from 0 to %d".formatted(MOST_TEMPERATURE));
    }
    return value.doubleValue();
  }

  static int topK(ObjectNode body) {
    return Math.toIntExact(ApiJson.whole(body, "top_k", 0L, 0, Integer.MAX_VALUE));
  }

  static double topP(ObjectNode body) {
    JsonNode value = body.path("top_p");
    if (value.isMissingNode() || value.isNull()) {
      return 1;
    }
    if (!value.isNumber() || !(value.doubleValue() > 0 && value.doubleValue() <= 1)) {
      throw ApiJson.wrong("top_p", "a number greater than 0 and at most 1");
    }
    return value.doubleValue();
  }

  /** The seed; one is drawn if it is missing or null. */
  static long seed(ObjectNode body) {
    Long seed = ApiJson.whole(body, "seed", null, Long.MIN_VALUE, Long.MAX_VALUE);
    return seed == null ? ThreadLocalRandom.current().nextLong(SEEDS) : seed;
  }

  /** Strings that end a text: one, a list, or none. */
  static List<String> stop(ObjectNode body) {
    JsonNode value = body.path("stop");
    if (value.isMissingNode() || value.isNull()) {
      return List.of();
    }
    List<String> all = new ArrayList<>();
    if (value.isArray() && value.size() <= MOST_STOPS) {
      value.forEach(each -> all.add(stop(each)));
    } else {
      all.add(stop(value));
    }
    return all;
  }

  private static String stop(JsonNode value) {
    if (!value.isTextual() || value.textValue().isEmpty()) {
      throw ApiJson.wrong("stop", "text, or a list of at most %d texts".formatted(MOST_STOPS));
    }
    return text(value, "stop", MOST_STOP);
  }
}
