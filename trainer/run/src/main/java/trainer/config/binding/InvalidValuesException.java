package trainer.config.binding;

import java.util.List;
import java.util.stream.Collectors;

/** A record refuses its values. */
public final class InvalidValuesException extends IllegalArgumentException {
  private static final long serialVersionUID = 1;

  private final transient List<Violation> violations;

  InvalidValuesException(Class<? extends Record> type, List<Violation> violations) {
    super(
        violations.stream()
            .map(Violation::toString)
            .collect(Collectors.joining("; ", type.getSimpleName() + ": ", "")));
    this.violations = List.copyOf(violations);
  }

  List<Violation> violations() {
    return violations;
  }
}
