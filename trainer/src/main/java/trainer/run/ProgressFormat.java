package trainer.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Locale;
import java.util.Set;
import trainer.training.Progress;

/**
 * {@link Progress} as JSON, one key for every component in its order, snake_case. Doubles read back
 * as the same double; NaN and the infinities are text.
 */
final class ProgressFormat {
  private static final RecordComponent[] COMPONENTS = Progress.class.getRecordComponents();

  private ProgressFormat() {}

  static String write(Progress progress) {
    ObjectNode node = Json.object();
    for (RecordComponent component : COMPONENTS) {
      Object value = value(component, progress);
      if (value instanceof Double number) {
        Json.put(node, key(component), number);
      } else {
        node.put(key(component), ((Number) value).longValue());
      }
    }
    return Json.text(node);
  }

  static Progress read(String text, String name) throws DamagedException {
    ObjectNode node = Json.parse(text, name);
    Set<String> known = new HashSet<>();
    Object[] values = new Object[COMPONENTS.length];
    for (int i = 0; i < values.length; i++) {
      String key = key(COMPONENTS[i]);
      known.add(key);
      Class<?> type = COMPONENTS[i].getType();
      if (type == double.class) {
        values[i] = Json.number(node, key, name);
      } else {
        values[i] = count(node, key, name, type);
      }
    }
    for (Iterator<String> keys = node.fieldNames(); keys.hasNext(); ) {
      String key = keys.next();
      if (!known.contains(key)) {
        throw new DamagedException("%s has the unknown key '%s'".formatted(name, key));
      }
    }
    return checked(create(values), node, name);
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
        || progress.bestIteration() > progress.iteration()) {
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

  private static Object value(RecordComponent component, Progress progress) {
    try {
      return component.getAccessor().invoke(progress);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("a public record's accessors can be called", e);
    }
  }

  private static Progress create(Object[] values) {
    try {
      return Progress.class
          .getConstructor(
              Arrays.stream(COMPONENTS).map(RecordComponent::getType).toArray(Class<?>[]::new))
          .newInstance(values);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("a public record's constructor can be called", e);
    }
  }
}
