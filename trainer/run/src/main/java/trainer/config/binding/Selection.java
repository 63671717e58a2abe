package trainer.config.binding;

import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * Some of several numbered things.
 *
 * @param count the first ones; 0: those of the indices
 * @param indices from 0; with a count of 0, none means all
 */
public record Selection(int count, List<Integer> indices) {
  /** All there are. */
  public static final Selection ALL = new Selection(0, List.of());

  /** The first one. */
  public static final Selection ONE = first(1);

  public Selection {
    indices = List.copyOf(indices);
  }

  /** The first ones. */
  public static Selection first(int count) {
    return new Selection(count, List.of());
  }

  /** Those with some indices. */
  public static Selection of(List<Integer> indices) {
    return new Selection(0, indices);
  }

  /** How many; empty if all, however many there are. */
  public OptionalInt size() {
    return equals(ALL) ? OptionalInt.empty() : OptionalInt.of(count + indices.size());
  }

  /** The indices of those selected, where there are {@code present}; they may not exist. */
  public List<Integer> among(int present) {
    return indices.isEmpty()
        ? IntStream.range(0, equals(ALL) ? present : count).boxed().toList()
        : indices;
  }

  boolean isDistinct() {
    return new HashSet<>(indices).size() == indices.size();
  }

  /** As in YAML. */
  @Override
  public String toString() {
    return equals(ALL) ? "all" : indices.isEmpty() ? Integer.toString(count) : indices.toString();
  }
}
