package trainer.config.binding;

import java.util.Collection;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.snakeyaml.engine.v2.nodes.NodeTuple;

/** Suggests corrections for unknown keys. */
final class UnknownKeys {
  private UnknownKeys() {}

  /**
   * Reports unknown entries.
   *
   * @param what names them in the message
   */
  static void report(
      Map<String, NodeTuple> entries,
      Collection<String> known,
      String path,
      String what,
      Binding binding) {
    entries.forEach(
        (name, entry) -> {
          if (!known.contains(name)) {
            String message =
                binding.isFull() ? what : what + "; " + hint(name, known, path, binding);
            binding.report(entry.getKeyNode(), Paths.join(path, Text.escape(name)), message);
          }
        });
  }

  private static String hint(String name, Collection<String> known, String path, Binding binding) {
    return Names.nearest(name, known)
        .or(() -> elsewhere(name, path, binding.root()))
        .map(key -> "did you mean '" + key + "'?")
        .orElse("the keys here are " + String.join(", ", known));
  }

  private static Optional<String> elsewhere(String name, String path, RecordType root) {
    String here = Paths.join(path.replaceAll("\\[\\d+]", "[0]"), name);
    return find(name, root, "").filter(found -> !found.equals(here)).findFirst();
  }

  /** Paths of the keys in {@code type} with this name. */
  private static Stream<String> find(String name, ValueType type, String path) {
    String wanted = name.toLowerCase(Locale.ROOT).replace('-', '_');
    if (type instanceof RecordType mapping) {
      Optional<String> here = mapping.key(wanted).map(key -> Paths.join(path, key.name()));
      return Stream.concat(
          here.stream(),
          mapping.keys().stream()
              .flatMap(key -> find(wanted, key.type(), Paths.join(path, key.name()))));
    }
    if (type instanceof ListType list) {
      return find(wanted, list.element(), Paths.element(path, 0));
    }
    if (type instanceof TypedUnionType union) {
      return union.variants().values().stream().flatMap(variant -> find(wanted, variant, path));
    }
    if (type instanceof KeyedUnionType union) {
      return union.byKey().values().stream().flatMap(variant -> find(wanted, variant, path));
    }
    return Stream.empty();
  }
}
