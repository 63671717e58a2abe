package trainer.text;

/**
 * How well counting does on a text: yardsticks for the loss of a network. Counted are characters,
 * pairs and triples of a training split.
 *
 * <p>Probabilities of other text are interpolated after Witten and Bell, in the form of Chen and
 * Goodman (1999), equation 17: a context h that was followed f(h) times by T(h) different
 * characters gives
 *
 * <pre>p(c | h) = (count(h c) + T(h) · p(c | h without its first character)) / (f(h) + T(h))</pre>
 *
 * <p>down to the uniform distribution over the vocabulary, so every probability is above zero.
 *
 * <p>Of a very long split, the first {@value #MOST_CHARACTERS} characters are counted, or fewer
 * when they have {@value #MOST_TRIPLES} different triples: at most some 100 MB, and a few seconds.
 */
public final class NgramBaselines {
  /** Characters counted or scored at most. */
  public static final int MOST_CHARACTERS = 1 << 24;

  /** Different triples counted at most. */
  public static final int MOST_TRIPLES = 1 << 21;

  private static final int BLOCK = 1 << 14;

  private final int vocabulary;
  private final int[] characters; // [vocabulary]: how often each occurs
  private final int[] followers; // [vocabulary]: different characters after it
  private final CountTable pairs = new CountTable();
  private final CountTable pairFollowers = new CountTable(); // different characters after a pair
  private final CountTable triples = new CountTable();
  private int counted;
  private int distinct; // different characters
  private int last = -1; // the last character counted: it was followed by none
  private long lastPair = -1;

  private NgramBaselines(int vocabulary) {
    this.vocabulary = vocabulary;
    this.characters = new int[vocabulary];
    this.followers = new int[vocabulary];
  }

  /** Counts a split. */
  public static NgramBaselines count(EncodedText text, Split training) {
    NgramBaselines baselines = new NgramBaselines(text.vocabulary().size());
    int[] block = new int[BLOCK];
    long most = Math.min(training.length(), MOST_CHARACTERS);
    for (long from = 0; from < most && baselines.triples.size() < MOST_TRIPLES; from += BLOCK) {
      int size = (int) Math.min(BLOCK, most - from);
      text.read(training.from() + from, size, block, 0, 1);
      for (int i = 0; i < size; i++) {
        baselines.count(block[i]);
      }
    }
    return baselines;
  }

  private void count(int character) {
    if (characters[character]++ == 0) {
      distinct++;
    }
    counted++;
    if (lastPair >= 0 && triples.increment(lastPair * vocabulary + character) == 1) {
      pairFollowers.increment(lastPair);
    }
    if (last >= 0) {
      lastPair = pair(last, character);
      if (pairs.increment(lastPair) == 1) {
        followers[last]++;
      }
    }
    last = character;
  }

  private long pair(int first, int second) {
    return (long) first * vocabulary + second;
  }

  /**
   * Cross-entropy of a text under what was counted, nats per character: the mean of -ln p over
   * every character but the first, or over the first {@value #MOST_CHARACTERS}.
   *
   * @param text in the vocabulary of the text that was counted
   * @param split at least two characters
   */
  public Nats crossEntropy(EncodedText text, Split split) {
    if (text.vocabulary().size() != vocabulary || split.length() < 2) {
      throw new IllegalArgumentException(
          "%s in a vocabulary of %d characters; %d were counted"
              .formatted(split, text.vocabulary().size(), vocabulary));
    }
    double one = 0;
    double two = 0;
    double three = 0;
    long scored = Math.min(split.length() - 1, MOST_CHARACTERS);
    int[] block = new int[BLOCK];
    int beforeLast = -1;
    int before = text.at(split.from());
    for (long from = 0; from < scored; from += BLOCK) {
      int size = (int) Math.min(BLOCK, scored - from);
      text.read(split.from() + 1 + from, size, block, 0, 1);
      for (int i = 0; i < size; i++) {
        int character = block[i];
        double p1 = probability(character);
        double p2 = probability(before, character, p1);
        one -= Math.log(p1);
        two -= Math.log(p2);
        three -= Math.log(probability(beforeLast, before, character, p2));
        beforeLast = before;
        before = character;
      }
    }
    return new Nats(one / scored, two / scored, three / scored);
  }

  /** p(character). */
  double probability(int character) {
    return (characters[character] + (double) distinct / vocabulary) / (counted + (double) distinct);
  }

  /** p(character | before), given p(character). */
  double probability(int before, int character, double lower) {
    int followed = characters[before] - (before == last ? 1 : 0);
    return interpolate(pairs.get(pair(before, character)), followed, followers[before], lower);
  }

  /** p(character | beforeLast before), given p(character | before); -1: no character. */
  double probability(int beforeLast, int before, int character, double lower) {
    if (beforeLast < 0) {
      return lower;
    }
    long context = pair(beforeLast, before);
    int followed = pairs.get(context) - (context == lastPair ? 1 : 0);
    return interpolate(
        triples.get(context * vocabulary + character), followed, pairFollowers.get(context), lower);
  }

  private static double interpolate(int count, int followed, int followers, double lower) {
    return followed == 0 ? lower : (count + followers * lower) / (followed + (double) followers);
  }

  /** Nats per character without context, after one character, and after two. */
  public record Nats(double unigram, double bigram, double trigram) {}
}
