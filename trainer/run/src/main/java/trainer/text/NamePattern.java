package trainer.text;

<<<<<<< HEAD
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.PrimitiveIterator;
import java.util.regex.Pattern;

/**
 * A pattern for one name, with the syntax of {@link java.nio.file.FileSystem#getPathMatcher} but
 * another algorithm: all ways to match are followed at once, so that a name takes at most the
 * length of the pattern times that of the name. Java's matcher tries them one after another, which
 * takes years for {@code *a*a*a*a*a*a*a*a*a*a*b} and a name of 100 times a.
 */
final class NamePattern {
  private final List<Step> steps = new ArrayList<>();

  /**
   * A part of the pattern: characters that it consumes, or where to go on without one.
   *
   * @param characters one character that matches; null: none is consumed
   * @param repeats whether it may consume any number of characters
   * @param next where to go on without a character
   */
  private record Step(Pattern characters, boolean repeats, List<Integer> next) {}

  /**
   * @throws java.util.regex.PatternSyntaxException if it is malformed
   */
  NamePattern(String glob) {
    FileSystems.getDefault().getPathMatcher("glob:" + glob); // throws
    parse(glob);
  }

  private void parse(String glob) {
    List<Integer> choices = null; // of the group that is open
    List<Step> ends = new ArrayList<>(); // of its alternatives
    for (int i = 0; i < glob.length(); i += Character.charCount(glob.codePointAt(i))) {
      char c = glob.charAt(i);
      if (c == '*') {
        steps.add(new Step(null, true, List.of(steps.size() + 1)));
      } else if (c == '?') {
        consume(".");
      } else if (c == '[') {
        int end = classEnd(glob, i);
        consume(characterClass(glob.substring(i + 1, end)));
        i = end;
      } else if (c == '{') {
        choices = new ArrayList<>(List.of(steps.size() + 1));
        steps.add(new Step(null, false, choices));
      } else if (choices != null && (c == ',' || c == '}')) {
        ends.add(new Step(null, false, new ArrayList<>()));
        steps.add(ends.get(ends.size() - 1));
        if (c == ',') {
          choices.add(steps.size());
        } else {
          ends.forEach(end -> end.next().add(steps.size()));
          ends.clear();
          choices = null;
        }
      } else {
        i += c == '\\' ? 1 : 0;
        consume(Pattern.quote(Character.toString(glob.codePointAt(i))));
=======
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
>>>>>>> main
      }
    }
  }

<<<<<<< HEAD
  private void consume(String characters) {
    steps.add(new Step(Pattern.compile(characters, Pattern.DOTALL), false, List.of()));
  }

  /** Where a class ends; Java allows ']' nowhere else in it. */
  private static int classEnd(String glob, int start) {
    return glob.indexOf(']', start + 1);
  }

  /** A class as a regular expression. */
  private static String characterClass(String glob) {
    boolean not = glob.startsWith("!");
    String characters = (not ? glob.substring(1) : glob).replaceAll("[\\\\\\[&^]", "\\\\$0");
    boolean minus = characters.startsWith("-");
    return "[" + (not ? "^" : "") + (minus ? "\\-" + characters.substring(1) : characters) + "]";
  }

  boolean matches(Path name) {
    BitSet now = new BitSet();
    enter(0, now);
    PrimitiveIterator.OfInt characters = name.toString().codePoints().iterator();
    while (characters.hasNext() && !now.isEmpty()) {
      String character = Character.toString(characters.nextInt());
      BitSet next = new BitSet();
      for (int i = now.nextSetBit(0); i >= 0 && i < steps.size(); i = now.nextSetBit(i + 1)) {
        Step step = steps.get(i);
        if (step.repeats()) {
          enter(i, next);
        } else if (step.characters() != null && step.characters().matcher(character).matches()) {
          enter(i + 1, next);
        }
      }
      now = next;
    }
    return now.get(steps.size());
  }

  /** Adds a place, and those that are reached from it without a character. */
  private void enter(int place, BitSet places) {
    if (!places.get(place)) {
      places.set(place);
      if (place < steps.size()) {
        steps.get(place).next().forEach(next -> enter(next, places));
=======
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
>>>>>>> main
      }
    }
  }
}
