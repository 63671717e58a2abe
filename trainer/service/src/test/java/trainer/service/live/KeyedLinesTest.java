package trainer.service.live;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class KeyedLinesTest {
  private static List<String> values(String name) {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("name", "a.size: 7");
    values.put("data.separator", "one\nsize: 8");
    values.put("model.layers[0].type", "lstm");
    values.put("model.layers[0].size", 4);
    values.put("model.layers[11].type", "gru");
    values.put("model.layers[11].size", 5);
    values.put("training.batch_size", 6);
    return KeyedLines.values(KeyedLines.of(values), name);
  }

  @Test
  void aKeyIsFoundByItsEndWithOrWithoutIndices() {
    assertThat(values("model.layers[11].type")).containsExactly("gru");
    assertThat(values("layers[0].type")).containsExactly("lstm");
    assertThat(values("model.layers.size")).containsExactly("4", "5");
    assertThat(values("size")).containsExactly("4", "5");
    assertThat(values("name")).containsExactly("a.size: 7");
  }

  @Test
  void aPartOfAWordIsNoKey() {
    assertThat(values("ayers.size")).isEmpty();
    assertThat(values("layers[1].size")).isEmpty();
    assertThat(values("layers")).isEmpty();
    assertThat(values("")).isEmpty();
  }
}
