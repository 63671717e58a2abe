package trainer.text;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.regex.PatternSyntaxException;

/**
 * A pattern of one name, as a finite automaton: the time that a match takes grows with the length
 * of the name times that of the pattern, however many {@code *} there are.
 *
 * <p>{@code *}, {@code ?}, {@code [a-z]}, {@code [!a-z]} and {@code {a,b}} stand for characters; a
 * character behind {@code \} stands for itself.
 */
final class NamePattern {
  /**
   * @param accepts the character that it reads; null: it reads none
   * @param next the states behind it
   */
  private record State(IntPredicate accepts, List<Integer> next) {}

  private final int[] pattern; // code points
  private final List<State> states = new ArrayList<>(); // the last one accepts the name
  private int at;

  /**
   * Compiles a pattern.
   *
   * @throws PatternSyntaxException if it is malformed
   */
  NamePattern(String text) {
    pattern = text.codePoints().toArray();
    sequence(false);
    state(null);
  }

  private void sequence(boolean inBraces) {
    while (at < pattern.length) {
      int character = pattern[at];
      if (inBraces && (character == ',' || character == '}')) {
        return;
      }
      at++;
      switch (character) {
        case '*' -> anyNumber();
        case '?' -> then(state(c -> true));
        case '[' -> then(state(bracket()));
        case '{' -> braces(inBraces);
        default -> {
          int literal = character == '\\' ? escaped() : character;
          then(state(c -> c == literal));
        }
      }
    }
  }

  private State state(IntPredicate accepts) {
    State state = new State(accepts, new ArrayList<>());
    states.add(state);
    return state;
  }

  /** The state that is added next comes behind this one. */
  private void then(State state) {
    state.next().add(states.size());
  }

  private void anyNumber() {
    int loop = states.size();
    State start = state(null);
    then(start);
    state(c -> true).next().add(loop);
    then(start);
  }

  private void braces(boolean inBraces) {
    if (inBraces) {
      throw malformed("braces in braces");
    }
    State start = state(null);
    List<State> ends = new ArrayList<>();
    do {
      then(start);
      sequence(true);
      if (at == pattern.length) {
        throw malformed("'{' without '}'");
      }
      ends.add(state(null));
    } while (pattern[at++] == ',');
    ends.forEach(this::then);
  }

  private IntPredicate bracket() {
    boolean negated = at < pattern.length && pattern[at] == '!';
    at += negated ? 1 : 0;
    List<int[]> ranges = new ArrayList<>();
    while (at < pattern.length && (pattern[at] != ']' || ranges.isEmpty())) {
      int from = pattern[at++];
      boolean range = at + 1 < pattern.length && pattern[at] == '-' && pattern[at + 1] != ']';
      int to = range ? pattern[at + 1] : from;
      at += range ? 2 : 0;
      if (to < from) {
        throw malformed("a range that ends before it begins");
      }
      ranges.add(new int[] {from, to});
    }
    if (at == pattern.length) {
      throw malformed("'[' without ']'");
    }
    at++;
    return c -> negated ^ ranges.stream().anyMatch(range -> range[0] <= c && c <= range[1]);
  }

  private int escaped() {
    if (at == pattern.length) {
      throw malformed("nothing behind '\\'");
    }
    return pattern[at++];
  }

  private PatternSyntaxException malformed(String what) {
    return new PatternSyntaxException(what, new String(pattern, 0, pattern.length), -1);
  }

  /** Whether the whole name matches. */
  boolean matches(String name) {
    BitSet current = new BitSet();
    enter(0, current);
    for (int character : name.codePoints().toArray()) {
      BitSet following = new BitSet();
      current.stream()
          .mapToObj(states::get)
          .filter(state -> state.accepts() != null && state.accepts().test(character))
          .forEach(state -> state.next().forEach(next -> enter(next, following)));
      current = following;
    }
    return current.get(states.size() - 1);
  }

  /** Adds a state, and those that follow without a character. */
  private void enter(int index, BitSet entered) {
    if (!entered.get(index)) {
      entered.set(index);
      if (states.get(index).accepts() == null) {
        states.get(index).next().forEach(next -> enter(next, entered));
      }
    }
  }
}
