package trainer.config.binding;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.snakeyaml.engine.v2.nodes.Node;

/** The type of a key: reads, checks, writes and describes its value. */
public sealed interface ValueType
    permits TextType,
        BooleanType,
        WholeNumberType,
        RealNumberType,
        ChoiceType,
        CharsetType,
        ListType,
        SharesType,
        SelectionType,
        RecordType,
        TypedUnionType,
        KeyedUnionType {

  /**
   * Converts a node to a Java value; {@link #check} checks bounds.
   *
   * @param path the key, for messages
   * @return null after a problem was reported
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

  /** Reports each key below {@code path} with its value as YAML. */
  default void flatten(Object value, String path, BiConsumer<String, String> out) {
    out.accept(path, write(value));
  }

  /** Whether it has no keys. */
  default boolean isScalar() {
    return !(this instanceof RecordType
        || this instanceof TypedUnionType
        || this instanceof KeyedUnionType
        || (this instanceof ListType list && !list.element().isScalar()));
  }

  /** JSON Schema of the value. */
  ObjectNode schema();

  /** Description, such as "whole number, at least 1". */
  String words();

  static ObjectNode json() {
    return JsonNodeFactory.instance.objectNode();
  }
}
