package trainer.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Locale;
import java.util.Set;
import trainer.run.DamagedException;
import trainer.run.Json;
import trainer.training.Progress;

/**
 * {@link Progress} as JSON, one key for every component in its order, snake_case; those of a record
 * in it stand in its place. Doubles read back as the same double; NaN and the infinities are text.
 */
final class ProgressFormat {
  private ProgressFormat() {}

  static String write(Progress progress) {
    ObjectNode node = Json.object();
    put(node, progress);
    return Json.text(node);
  }

  private static void put(ObjectNode node, Record values) {
    for (RecordComponent component : values.getClass().getRecordComponents()) {
      Object value = value(component, values);
      if (value instanceof Record group) {
        put(node, group);
      } else if (value instanceof Double number) {
        Json.put(node, key(component), number);
      } else {
        node.put(key(component), ((Number) value).longValue());
      }
    }
  }

  static Progress read(String text, String name) throws DamagedException {
    ObjectNode node = Json.parse(text, name);
    Set<String> known = new HashSet<>();
    Progress progress = read(Progress.class, node, name, known);
    for (Iterator<String> keys = node.fieldNames(); keys.hasNext(); ) {
      String key = keys.next();
      if (!known.contains(key)) {
        throw new DamagedException("%s has the unknown key '%s'".formatted(name, key));
      }
    }
    return checked(progress, node, name);
  }

  private static <T extends Record> T read(
      Class<T> type, ObjectNode node, String name, Set<String> known) throws DamagedException {
    RecordComponent[] components = type.getRecordComponents();
    Object[] values = new Object[components.length];
    for (int i = 0; i < values.length; i++) {
      Class<?> wanted = components[i].getType();
      if (wanted.isRecord()) {
        values[i] = read(wanted.asSubclass(Record.class), node, name, known);
        continue;
      }
      String key = key(components[i]);
      known.add(key);
      values[i] =
          wanted == double.class ? Json.number(node, key, name) : count(node, key, name, wanted);
    }
    return create(type, values);
  }

  private static Progress checked(Progress progress, ObjectNode node, String name)
      throws DamagedException {
    double factor = progress.learningRateFactor();
    if (!(factor > 0 && factor <= 1)) {
      String key = "learning_rate_factor";
      throw Json.wrong(name, key, node.get(key), "above 0 and at most 1");
    }
    double seconds = progress.seconds();
    if (!(seconds >= 0 && seconds < Double.POSITIVE_INFINITY)) {
      throw Json.wrong(name, "seconds", node.get("seconds"), "a time of at least 0");
    }
    if (progress.recorded() > progress.iteration()
        || progress.validation().bestIteration() > progress.iteration()) {
      throw new DamagedException(name + " tells of iterations that have not been");
    }
    return progress;
  }

  private static Object count(ObjectNode node, String key, String name, Class<?> type)
      throws DamagedException {
    long value = Json.count(node, key, name);
    if (type == long.class) {
      return value;
    }
    if (value > Integer.MAX_VALUE) {
      JsonNode found = node.get(key);
      throw Json.wrong(name, key, found, "below 2,147,483,648");
    }
    return (int) value;
  }

  // reportedIterations -> reported_iterations
  private static String key(RecordComponent component) {
    return component.getName().replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT);
  }

  private static Object value(RecordComponent component, Record values) {
    try {
      return component.getAccessor().invoke(values);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("a public record's accessors can be called", e);
    }
  }

  private static <T extends Record> T create(Class<T> type, Object[] values) {
    try {
      return type.getConstructor(
              Arrays.stream(type.getRecordComponents())
                  .map(RecordComponent::getType)
                  .toArray(Class<?>[]::new))
          .newInstance(values);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("a public record's constructor can be called", e);
    }
  }
}
