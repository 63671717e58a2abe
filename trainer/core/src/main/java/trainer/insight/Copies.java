package trainer.insight;

import it.unimi.dsi.fastutil.ints.Int2IntOpenHashMap;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.function.LongToIntFunction;
import java.util.stream.IntStream;
import trainer.training.StopSignal;

/**
 * The parts of a text that stand in a corpus word for word. A suffix automaton of the text reads
 * the corpus once; memory and time grow with the text and the corpus only linearly.
 *
 * @param spans as long as they can be, at least {@link #SHORTEST} characters, in the order of the
 *     text; they may overlap
 * @param longest the longest part that stands in the corpus, however short; null if no character
 *     does
 */
public record Copies(List<Span> spans, Span longest) {
  /** Shortest span that is listed. */
  public static final int SHORTEST = 20;

  /**
   * A part of the text.
   *
   * @param from first character in the text
   * @param to character after the last
   * @param corpusPosition of the first character in the corpus, where it stands first
   */
  public record Span(int from, int to, long corpusPosition) {
    public int length() {
      return to - from;
    }
  }

  /** The share of the text that the spans cover, 0 to 1. */
  public double share(int characters) {
    boolean[] covered = new boolean[characters];
    spans.forEach(span -> Arrays.fill(covered, span.from(), span.to(), true));
    return (double) IntStream.range(0, characters).filter(i -> covered[i]).count() / characters;
  }

  /**
   * Compares.
   *
   * @param text in the indices of the corpus; -1: a character that stands nowhere
   * @param corpus the character at each position
   * @throws CancellationException if stopped
   */
  static Copies of(int[] text, LongToIntFunction corpus, long length, StopSignal stop) {
    Automaton automaton = new Automaton(text.length);
    for (int character : text) {
      automaton.append(character);
    }
    automaton.read(corpus, length, stop);
    List<Span> maximal = new ArrayList<>();
    Span before = null;
    int state = 0;
    for (int end = 1; end <= text.length; end++) {
      state = automaton.next(state, text[end - 1]);
      Span span = automaton.longestEnding(state, end);
      if (before != null && (span == null || span.from() != before.from())) {
        maximal.add(before); // it cannot be continued
      }
      before = span;
    }
    if (before != null) {
      maximal.add(before);
    }
    return new Copies(
        maximal.stream().filter(span -> span.length() >= SHORTEST).toList(),
        maximal.stream().max(Comparator.comparingInt(Span::length)).orElse(null));
  }

  /**
   * The suffix automaton of a text (Blumer et al., 1985): each state stands for the substrings of
   * the text that end at the same places, the longest of which has {@code longest} characters; its
   * link leads to the longest that ends at more places.
   */
  private static final class Automaton {
    private final int[] longest;
    private final int[] link;
    private final Int2IntOpenHashMap[] next; // of each state
    private final int[] matched; // longest part found in the corpus, characters
    private final long[] end; // where it ends there first
    private final long[] first; // where any part of the state ends there first; 0: nowhere
    private int states = 1;
    private int last;

    Automaton(int characters) {
      int most = 2 * characters + 1;
      longest = new int[most];
      link = new int[most];
      next = new Int2IntOpenHashMap[most];
      matched = new int[most];
      end = new long[most];
      first = new long[most];
      link[0] = -1;
      next[0] = map();
    }

    private static Int2IntOpenHashMap map() {
      Int2IntOpenHashMap map = new Int2IntOpenHashMap(2);
      map.defaultReturnValue(-1);
      return map;
    }

    int next(int state, int character) {
      return next[state].get(character);
    }

    void append(int character) {
      int added = states++;
      longest[added] = longest[last] + 1;
      next[added] = map();
      int state = last;
      while (state >= 0 && next(state, character) < 0) {
        next[state].put(character, added);
        state = link[state];
      }
      if (state >= 0) {
        int following = next(state, character);
        link[added] =
            longest[following] == longest[state] + 1 ? following : split(state, character);
      }
      last = added;
    }

    /** Separates the shorter substrings of the state that follows, which end at one more place. */
    private int split(int from, int character) {
      int following = next(from, character);
      int shorter = states++;
      longest[shorter] = longest[from] + 1;
      next[shorter] = next[following].clone();
      link[shorter] = link[following];
      link[following] = shorter;
      for (int state = from; state >= 0 && next(state, character) == following; ) {
        next[state].put(character, shorter);
        state = link[state];
      }
      return shorter;
    }

    /** Finds for each state the longest of its substrings that the corpus has. */
    void read(LongToIntFunction corpus, long length, StopSignal stop) {
      int state = 0;
      int common = 0;
      for (long position = 0; position < length; position++) {
        if ((position & 0xFFFFF) == 0 && stop.requested()) {
          throw new CancellationException();
        }
        int character = corpus.applyAsInt(position);
        while (state > 0 && next(state, character) < 0) {
          state = link[state];
          common = longest[state];
        }
        int following = next(state, character);
        if (following >= 0) {
          state = following;
          common++;
          first[state] = first[state] == 0 ? position + 1 : first[state];
          if (common > matched[state]) {
            matched[state] = common;
            end[state] = position + 1;
          }
        }
      }
      // Whatever the corpus has, it also has the ends of.
      IntStream.range(1, states)
          .boxed()
          .sorted(Comparator.comparingInt(s -> -longest[s]))
          .forEach(
              s -> {
                int shorter = link[s];
                if (matched[s] == 0 || shorter <= 0) {
                  return;
                }
                if (matched[shorter] < longest[shorter] || first[s] < end[shorter]) {
                  matched[shorter] = longest[shorter];
                  end[shorter] = first[s];
                }
                if (first[shorter] == 0 || first[s] < first[shorter]) {
                  first[shorter] = first[s];
                }
              });
    }

    /** The longest part of the corpus that ends at this place of the text. */
    Span longestEnding(int stateOfPrefix, int to) {
      int state = stateOfPrefix;
      while (state > 0 && matched[state] == 0) {
        state = link[state];
      }
      return state <= 0 ? null : new Span(to - matched[state], to, end[state] - matched[state]);
    }
  }
}
