package trainer.service.registry;

import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** A name that points at one version of a model. */
public enum Alias {
  /** The version in use. */
  CHAMPION,

  /** The newest that was registered since, until it is promoted. */
  CHALLENGER;

  /** As it is stored and shown: lower case. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Reads what {@link #word} gives; empty for anything else. */
  public static Optional<Alias> ofWord(String word) {
    return Stream.of(values()).filter(alias -> alias.word().equals(word)).findFirst();
  }
}
