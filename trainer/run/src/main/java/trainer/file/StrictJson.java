package trainer.file;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;

/** JSON that was written by others: no key twice, nothing behind the end, bounded. */
public final class StrictJson {
  private StrictJson() {}

  /**
   * Makes a mapper.
   *
   * @param depth of nesting at most
   * @param digits of a number at most
   */
  public static JsonMapper mapper(int depth, int digits) {
    JsonMapper mapper =
        JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET)
            .build();
    mapper
        .getFactory()
        .setStreamReadConstraints(
            StreamReadConstraints.builder().maxNestingDepth(depth).maxNumberLength(digits).build());
    return mapper;
  }
}
