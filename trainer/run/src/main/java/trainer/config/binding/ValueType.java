package trainer.config.binding;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.snakeyaml.engine.v2.nodes.Node;

/** What the value of a key may be: how it is read, checked, written and described. */
public sealed interface ValueType
    permits TextType,
        WholeNumberType,
        RealNumberType,
        ChoiceType,
        ListType,
        SharesType,
        RecordType,
        TypedUnionType,
        KeyedUnionType {

  /**
   * The Java value of a node of the right type; bounds are left to {@link #check}.
   *
   * @param path the key, for messages
   * @return null where a problem was reported
   */
  Object bind(Node node, String path, Binding binding);

  /**
   * Checks a value against its bounds.
   *
   * @param key the key relative to the record
   */
  default void check(Object value, String key, Consumer<Violation> found) {}

  /** The value as one line of YAML. */
  String write(Object value);

  /** Gives every key under {@code path} with its value as YAML. */
  default void flatten(Object value, String path, BiConsumer<String, String> out) {
    out.accept(path, write(value));
  }

  /** Whether it has no keys of its own. */
  default boolean isScalar() {
    return !(this instanceof RecordType
        || this instanceof TypedUnionType
        || this instanceof KeyedUnionType
        || (this instanceof ListType list && !list.element().isScalar()));
  }

  /** JSON Schema of the value. */
  ObjectNode schema();

  /** The values in words, such as "whole number, at least 1". */
  String words();

  /** An empty JSON object. */
  static ObjectNode json() {
    return JsonNodeFactory.instance.objectNode();
  }
}
