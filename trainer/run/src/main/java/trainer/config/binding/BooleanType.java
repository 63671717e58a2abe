package trainer.config.binding;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/** True or false. */
record BooleanType() implements ValueType {
  @Override
  public Object bind(Node node, String path, Binding binding) {
    if (node instanceof ScalarNode scalar && node.getTag().equals(Tag.BOOL)) {
      return Boolean.valueOf(scalar.getValue());
    }
    binding.reportMismatch(node, path, words());
    return null;
  }

  @Override
  public String write(Object value) {
    return value.toString();
  }

  @Override
  public ObjectNode schema() {
    return ValueType.json().put("type", "boolean");
  }

  @Override
  public String words() {
    return "true or false";
  }
}
