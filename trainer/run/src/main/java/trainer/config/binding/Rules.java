package trainer.config.binding;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The rules of one record, for its compact constructor. */
public final class Rules {
  private final Class<? extends Record> type;
  private final List<Violation> violations = new ArrayList<>();

  private Rules(Class<? extends Record> type) {
    this.type = type;
  }

  /** Checks the annotations of {@code type} on its components, given in order. */
  public static Rules of(Class<? extends Record> type, Object... values) {
    Rules rules = new Rules(type);
    RecordType.of(type).check(values, rules.violations::add);
    return rules;
  }

  /** A rule between two keys; values are null if missing or invalid. */
  public Rules and(boolean holds, String key, String otherKey, String reason) {
    if (!holds) {
      violations.add(new Violation(key, reason, Optional.empty(), Optional.of(otherKey)));
    }
    return this;
  }

  /**
   * Ends the check.
   *
   * @throws InvalidValuesException naming all broken rules
   */
  public void check() {
    if (!violations.isEmpty()) {
      throw new InvalidValuesException(type, violations);
    }
  }
}
