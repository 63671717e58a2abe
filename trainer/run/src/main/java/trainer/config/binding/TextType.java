package trainer.config.binding;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;

/**
 * Nonempty text.
 *
 * @param form pattern of the whole text
 * @param words description of the form
 */
record TextType(Pattern form, String words) implements ValueType {
  static final TextType ANY = new TextType(Pattern.compile("[\\s\\S]+"), "text");

  @Override
  public Object bind(Node node, String path, Binding binding) {
    if (Nodes.isText(node)) {
      return ((ScalarNode) node).getValue();
    }
    boolean otherScalar = node instanceof ScalarNode && !Nodes.isNull(node);
    String hint = otherScalar ? "; put it in quotes" : "";
    binding.reportValue(node, path, "must be text, not " + Nodes.shown(node) + hint);
    return null;
  }

  @Override
  public void check(Object value, String key, Consumer<Violation> found) {
    String text = (String) value;
    if (!form.matcher(text).matches()) {
      found.accept(Violation.of(key, "must be " + words, text.isEmpty() ? "\"\"" : text));
    }
  }

  @Override
  public String write(Object value) {
    return Text.write((String) value);
  }

  @Override
  public ObjectNode schema() {
    return ValueType.json().put("type", "string").put("pattern", "^(?:" + form + ")$");
  }
}
