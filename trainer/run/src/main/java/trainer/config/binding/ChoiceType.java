package trainer.config.binding;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.Map;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;

/**
 * One of several words.
 *
 * @param constants by word
 */
record ChoiceType(Map<String, Object> constants) implements ValueType {

  static ChoiceType of(Class<?> enumeration) {
    Map<String, Object> constants = new LinkedHashMap<>();
    for (Object constant : enumeration.getEnumConstants()) {
      constants.put(Names.value(((Enum<?>) constant).name()), constant);
    }
    return new ChoiceType(constants);
  }

  @Override
  public Object bind(Node node, String path, Binding binding) {
    Object constant = Nodes.isText(node) ? constants.get(((ScalarNode) node).getValue()) : null;
    if (constant == null) {
      binding.reportMismatch(node, path, words());
    }
    return constant;
  }

  @Override
  public String write(Object value) {
    return Names.value(((Enum<?>) value).name());
  }

  @Override
  public ObjectNode schema() {
    ObjectNode schema = ValueType.json();
    ArrayNode words = schema.putArray("enum");
    constants.keySet().forEach(words::add);
    return schema;
  }

  @Override
  public String words() {
    return "one of " + String.join(", ", constants.keySet());
  }
}
