package trainer.service.registry;

import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** A name for one version of a model. */
public enum Alias {
  /** The version in use. */
  CHAMPION,

  /** The newest version registered since the champion, until it is promoted. */
  CHALLENGER;

  /** Lower case, as stored and shown. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Inverse of {@link #word}; empty for anything else. */
  public static Optional<Alias> ofWord(String word) {
    return Stream.of(values()).filter(alias -> alias.word().equals(word)).findFirst();
  }
}
