package trainer.config.binding;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.charset.Charset;
import java.util.List;
import java.util.regex.Pattern;

/** Finds the value type of a record component. */
final class ValueTypes {
  private ValueTypes() {}

  static ValueType of(RecordComponent component) {
    Shares shares = component.getAnnotation(Shares.class);
    if (shares != null) {
      return new SharesType(List.of(shares.value()), shares.positive());
    }
    return of(component.getGenericType(), component);
  }

  private static ValueType of(Type type, RecordComponent component) {
    if (type instanceof ParameterizedType list && list.getRawType() == List.class) {
      ValueType element = of(list.getActualTypeArguments()[0], component);
      return new ListType(element, component.isAnnotationPresent(OneOrMany.class));
    }
    Class<?> plain = (Class<?>) type;
    if (plain == String.class) {
      Matches form = component.getAnnotation(Matches.class);
      return form == null
          ? TextType.ANY
          : new TextType(Pattern.compile(form.value()), form.words());
    }
    if (plain == int.class || plain == Integer.class || plain == long.class) {
      return new WholeNumberType(interval(component), plain == long.class);
    }
    if (plain == boolean.class) {
      return new BooleanType();
    }
    if (plain == double.class || plain == Double.class) {
      return new RealNumberType(interval(component));
    }
    if (plain == Charset.class) {
      return new CharsetType();
    }
    if (plain == Selection.class) {
      return new SelectionType((int) interval(component).high());
    }
    if (plain.isEnum()) {
      return ChoiceType.of(plain);
    }
    if (plain.isRecord()) {
      return RecordType.of(plain.asSubclass(Record.class));
    }
    if (plain.isSealed()) {
      return plain.isAnnotationPresent(SelectedByKey.class)
          ? KeyedUnionType.of(plain)
          : TypedUnionType.of(plain);
    }
    throw new IllegalStateException("no YAML for the type of " + component);
  }

  private static Interval interval(RecordComponent component) {
    Range range = component.getAnnotation(Range.class);
    return range == null ? Interval.ALL : Interval.of(range.value());
  }
}
