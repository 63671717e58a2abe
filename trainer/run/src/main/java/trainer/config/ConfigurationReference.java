package trainer.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import trainer.config.binding.Key;
import trainer.config.binding.KeyedUnionType;
import trainer.config.binding.ListType;
import trainer.config.binding.RecordType;
import trainer.config.binding.TypedUnionType;
import trainer.config.binding.ValueType;

/** Generates the reference of all keys from the records. */
public final class ConfigurationReference {
  private static final String INTRODUCTION =
      """
      # Configuration

      A YAML 1.2 file describes a run. Only `data.corpus` is required. Relative paths are resolved
      against the folder of the YAML file. Unknown keys, wrong types and values out of range are errors,
      reported all at once with file and line. Anchors, tags and multiple documents are not allowed.

      Editors with JSON Schema support complete and check a file that starts with

          # yaml-language-server: $schema=configuration.schema.json

      `--set KEY=VALUE` sets any key from the command line, as often as needed; the value is YAML. Its
      relative paths are resolved against the working directory:

          --set training.epochs=5
          --set model.layers[0].size=512
          --set training.optimizer='{type: sgd, learning_rate: 0.1}'

      A mapping with a `type` can be shortened to its type, with default values: `optimizer: adam`.

      `extends: base.yml` takes all keys but `name` from another file, which may extend a further one, up to
      8 in all. Its path, and the paths in each file, are relative to that file. Mappings are merged key by
      key, unless their `type` differs; lists are replaced. `config CONFIG --origin` shows where each value
      comes from. The `config.yml` of a run has all keys, and extends nothing.

      Nothing is taken from the environment: a run is what its files and its command line say. Secrets, which
      only the service and its clients have, can be variables: [service.md](service.md#settings).
      """;

  private ConfigurationReference() {}

  /** The page docs/configuration.md. */
  public static String toMarkdown() {
    return INTRODUCTION + "\n" + toTable();
  }

  /** The table, a row for each key. */
  public static String toTable() {
    List<Row> rows = new ArrayList<>();
    addRows(RecordType.of(Configuration.class), "", rows);
    return rows.stream()
        .map(Row::toMarkdown)
        .collect(
            Collectors.joining(
                "\n", "| Key | Default | Value | Meaning |\n|---|---|---|---|\n", "\n"));
  }

  private static void addRows(RecordType mapping, String path, List<Row> rows) {
    for (Key key : mapping.keys()) {
      String keyPath = path + key.name();
      ValueType type = key.type();
      if (!(type instanceof RecordType)) {
        rows.add(Row.of(keyPath, key, key.description()));
      }
      if (type instanceof RecordType inner) {
        addRows(inner, keyPath + ".", rows);
      } else if (type instanceof ListType list && list.element() instanceof RecordType element) {
        addRows(element, keyPath + "[].", rows);
      } else if (type instanceof TypedUnionType union) {
        addVariants(union.variants(), keyPath, rows);
      } else if (type instanceof KeyedUnionType union) {
        union.byKey().values().forEach(variant -> addRows(variant, keyPath + ".", rows));
      }
    }
  }

  /** A row for each key of the variants; identical keys of several variants share a row. */
  private static void addVariants(Map<String, RecordType> variants, String path, List<Row> rows) {
    Map<Row, List<String>> owners = new LinkedHashMap<>();
    variants.forEach(
        (name, variant) -> {
          for (Key key : variant.keys()) {
            Row row = Row.of(path + "." + key.name(), key, key.description());
            owners.computeIfAbsent(row, ignored -> new ArrayList<>()).add(name);
          }
        });
    owners.forEach(
        (row, names) -> rows.add(row.withMeaning(String.join(", ", names) + ": " + row.meaning())));
  }

  private record Row(String key, String byDefault, String values, String meaning) {

    static Row of(String path, Key key, String meaning) {
      String byDefault =
          key.defaultText().map(text -> "`" + text + "`").or(key::defaultSource).orElse("required");
      return new Row(path, byDefault, key.type().words(), meaning);
    }

    Row withMeaning(String changed) {
      return new Row(key, byDefault, values, changed);
    }

    String toMarkdown() {
      return "| `%s` | %s | %s | %s |".formatted(key, byDefault, values, meaning);
    }
  }
}
