package trainer.text;

/**
 * Unigram, bigram and trigram baselines for the network's loss, counted on the training split.
 *
 * <p>Witten-Bell smoothing in the form of Chen and Goodman (1999), equation 17: a context h that
 * occurs f(h) times, followed by T(h) distinct characters, gives
 *
 * <pre>p(c | h) = (count(h c) + T(h) · p(c | h without its first character)) / (f(h) + T(h))</pre>
 *
 * <p>down to the uniform distribution over the vocabulary, so every probability is above zero.
 *
 * <p>Counting stops after {@value #MOST_CHARACTERS} characters or {@value #MOST_TRIPLES} distinct
 * triples, which bounds it to about 100 MB and a few seconds.
 */
public final class NgramBaselines {
  /** Maximum number of characters counted. */
  public static final int MOST_CHARACTERS = 1 << 24;

  /** Maximum number of distinct triples counted. */
  public static final int MOST_TRIPLES = 1 << 21;

  private static final int BLOCK = 1 << 14;

  private final int vocabulary;
  private final int[] characters; // [vocabulary]: occurrences
  private final int[] followers; // [vocabulary]: distinct successors
  private final CountTable pairs = new CountTable();
  private final CountTable pairFollowers = new CountTable(); // distinct successors of a pair
  private final CountTable triples = new CountTable();
  private int counted;
  private int distinct; // distinct characters
  private int last = -1; // the last character counted, which has no successor
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
   * Cross-entropy of a text under these counts, nats per character: the mean of -ln p over all
   * characters except the first; one outside the vocabulary costs {@link Vocabulary#UNKNOWN_NATS}.
   *
   * @param text has the vocabulary of the counted text
   * @param split at least two characters
   */
  public Nats crossEntropy(EncodedText text, Split split) {
    if (text.vocabulary().size() != vocabulary || split.length() < 2) {
      throw new IllegalArgumentException(
          "%s in a vocabulary of %d characters; %d were counted"
              .formatted(split, text.vocabulary().size(), vocabulary));
    }
    double one = text.unknown(split.from() + 1, split.to()) * Vocabulary.UNKNOWN_NATS;
    double two = one;
    double three = one;
    long scored = split.length() - 1;
    int[] block = new int[BLOCK];
    int beforeLast = -1;
    int before = text.at(split.from());
    for (long from = 0; from < scored; from += BLOCK) {
      int size = (int) Math.min(BLOCK, scored - from);
      text.read(split.from() + 1 + from, size, block, 0, 1);
      for (int i = 0; i < size; i++) {
        int character = block[i];
        if (!text.isUnknown(split.from() + 1 + from + i)) {
          double p1 = probability(character);
          double p2 = probability(before, character, p1);
          one -= Math.log(p1);
          two -= Math.log(p2);
          three -= Math.log(probability(beforeLast, before, character, p2));
        }
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

  /** p(character | beforeLast before), given p(character | before); -1: start of the text. */
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

  /** Nats per character with a context of 0, 1 and 2 characters. */
  public record Nats(double unigram, double bigram, double trigram) {}
}
