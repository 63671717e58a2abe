package trainer.config.binding;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.Charset;
import java.nio.charset.IllegalCharsetNameException;
import java.nio.charset.UnsupportedCharsetException;
import java.util.List;
import java.util.stream.Stream;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;

/** A text encoding by its name or one of its aliases, in upper or lower case. */
record CharsetType() implements ValueType {
  private static final int LONGEST_NAME = 40;

  @Override
  public Object bind(Node node, String path, Binding binding) {
    if (!Nodes.isText(node)) {
      binding.reportMismatch(node, path, words());
      return null;
    }
    String name = ((ScalarNode) node).getValue();
    try {
      return Charset.forName(name);
    } catch (IllegalCharsetNameException | UnsupportedCharsetException e) {
      String hint = nearest(name);
      binding.reportValue(
          node, path, "must be " + words() + ", not " + Nodes.shown(node) + "; " + hint);
      return null;
    }
  }

  private static String nearest(String name) {
    List<String> names =
        Charset.availableCharsets().values().stream()
            .flatMap(
                charset -> Stream.concat(Stream.of(charset.name()), charset.aliases().stream()))
            .toList();
    String word = name.substring(0, Math.min(name.length(), LONGEST_NAME));
    return Names.nearest(word, names)
        .map(found -> "did you mean '" + found + "'?")
        .orElse("usual ones are UTF-8, UTF-16, windows-1252, windows-1251, GB18030, Shift_JIS");
  }

  @Override
  public String write(Object value) {
    return Text.write(((Charset) value).name());
  }

  @Override
  public ObjectNode schema() {
    return ValueType.json().put("type", "string");
  }

  @Override
  public String words() {
    return "the name of an encoding";
  }
}
