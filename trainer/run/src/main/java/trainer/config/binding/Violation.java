package trainer.config.binding;

import java.util.Optional;

/**
 * A broken rule of a record.
 *
 * @param key relative to the record
 * @param reason the rule, such as "must be at least 1"
 * @param value the offending value, if helpful
 * @param otherKey another key that the rule depends on
 */
public record Violation(
    String key, String reason, Optional<Object> value, Optional<String> otherKey) {

  static Violation of(String key, String reason, Object value) {
    return new Violation(key, reason, Optional.of(value), Optional.empty());
  }

  static Violation of(String key, String reason) {
    return new Violation(key, reason, Optional.empty(), Optional.empty());
  }

  /** The same, relative to the enclosing record. */
  Violation within(String record) {
    return new Violation(
        Paths.join(record, key), reason, value, otherKey.map(other -> Paths.join(record, other)));
  }

  String message(Object shown) {
    return value.isPresent() ? reason + ", not " + shown : reason;
  }

  @Override
  public String toString() {
    return key + ": " + message(value.orElse(""));
  }
}
