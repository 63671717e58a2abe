package trainer.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import trainer.file.ByteProgress;
import trainer.text.NgramBaselines.Nats;

final class NgramBaselinesTest {
  @TempDir Path directory;

  private Corpus shakespeare() {
    return Corpus.open(
        Texts.data(Path.of("../../datasets/shakespeare.txt").toAbsolutePath()),
        directory.resolve("shakespeare.encoded"));
  }

  @Test
  void crossEntropyIsThatOfTheFormulaComputedTheLongWay() {
    Corpus corpus = shakespeare();
    EncodedText text = corpus.text();
    Split training = new Split("training", 0, 20_000);
    Split validation = new Split("validation", 20_000, 24_000);
    Nats nats = NgramBaselines.count(text, training).crossEntropy(text, validation);
    String counted = text.text(0, 20_000);
    String scored = text.text(20_000, 4_000);

    assertThat(nats.unigram()).isEqualTo(slow(counted, scored, 1, 64), within(1e-12));
    assertThat(nats.bigram()).isEqualTo(slow(counted, scored, 2, 64), within(1e-12));
    assertThat(nats.trigram()).isEqualTo(slow(counted, scored, 3, 64), within(1e-12));
    assertThat(nats.trigram()).isLessThan(nats.bigram());
    assertThat(nats.bigram()).isLessThan(nats.unigram());
  }

  /** Mean -ln p with contexts of up to order - 1 characters; text is ASCII. */
  private static double slow(String counted, String scored, int order, int vocabulary) {
    Map<String, Integer> counts = new HashMap<>();
    Map<String, Integer> followed = new HashMap<>();
    Map<String, Integer> followers = new HashMap<>();
    for (int n = 1; n <= order; n++) {
      for (int i = 0; i + n <= counted.length(); i++) {
        String gram = counted.substring(i, i + n);
        String context = gram.substring(0, n - 1);
        followed.merge(context, 1, Integer::sum);
        if (counts.merge(gram, 1, Integer::sum) == 1) {
          followers.merge(context, 1, Integer::sum);
        }
      }
    }
    double sum = 0;
    for (int i = 1; i < scored.length(); i++) {
      double p = 1.0 / vocabulary;
      for (int n = 1; n <= Math.min(order, i + 1); n++) {
        String context = scored.substring(i - n + 1, i);
        int f = followed.getOrDefault(context, 0);
        int t = followers.getOrDefault(context, 0);
        if (f > 0) {
          p = (counts.getOrDefault(scored.substring(i - n + 1, i + 1), 0) + t * p) / (f + t);
        }
      }
      sum -= Math.log(p);
    }
    return sum / (scored.length() - 1);
  }

  @Test
  void probabilitiesAddUpToOneInEveryContext() {
    EncodedText text = Texts.encoded("abcabdabaacd\n" + "z");
    int vocabulary = text.vocabulary().size();
    NgramBaselines baselines = NgramBaselines.count(text, new Split("training", 0, 12));
    for (int h = -1; h < vocabulary; h++) {
      for (int g = 0; g < vocabulary; g++) {
        double one = 0;
        double two = 0;
        double three = 0;
        for (int c = 0; c < vocabulary; c++) {
          double p1 = baselines.probability(c);
          double p2 = baselines.probability(g, c, p1);
          one += p1;
          two += p2;
          three += baselines.probability(h, g, c, p2);
          assertThat(p1).isPositive();
        }
        assertThat(one).isEqualTo(1, within(1e-14));
        assertThat(two).isEqualTo(1, within(1e-14));
        assertThat(three).isEqualTo(1, within(1e-14));
      }
    }
  }

  @Test
  void charactersNeverCountedHaveAFiniteLoss() {
    EncodedText text = Texts.encoded("aaaabbbb" + "xyzxyz");
    Nats nats =
        NgramBaselines.count(text, new Split("training", 0, 8))
            .crossEntropy(text, new Split("test", 8, 14));
    // p(x) = (2 / 5) / (8 + 2): two distinct characters counted, five in the vocabulary.
    assertThat(nats.unigram()).isEqualTo(-Math.log(0.04), within(1e-12));
    assertThat(nats.trigram()).isEqualTo(-Math.log(0.04), within(1e-12));
  }

  @Test
  void aCharacterOutsideTheVocabularyCostsAUniformGuess() {
    EncodedText training = Texts.encoded("aaaabbbb?");
    NgramBaselines baselines = NgramBaselines.count(training, Split.whole("training", training));
    Path file = Texts.write(directory, "b.txt", "aébè");
    Corpus text =
        Corpus.openForeign(
            List.of(file.toString()),
            Confinement.none(),
            Texts.data(file),
            training.vocabulary(),
            null,
            directory,
            () -> false,
            ByteProgress.none());
    int b = training.vocabulary().index('b');
    int unknown = training.vocabulary().index('?'); // read as this

    Nats nats = baselines.crossEntropy(text.text(), Split.whole("test", text.text()));

    double charged = 2 * Math.log(1_112_064);
    double p1 = baselines.probability(b);
    assertThat(nats.unigram()).isEqualTo((charged - Math.log(p1)) / 3, within(1e-12));
    double p2 = baselines.probability(unknown, b, p1);
    assertThat(nats.bigram()).isEqualTo((charged - Math.log(p2)) / 3, within(1e-12));
  }

  @Test
  void theTableCountsAsAMapDoes() {
    CountTable table = new CountTable();
    Map<Long, Integer> expected = new HashMap<>();
    Random random = new Random(1);
    for (int i = 0; i < 100_000; i++) {
      long key = random.nextInt(30_000) * 1_000_000_007L;
      assertThat(table.increment(key)).isEqualTo(expected.merge(key, 1, Integer::sum));
    }
    assertThat(table.size()).isEqualTo(expected.size());
    expected.forEach((key, count) -> assertThat(table.get(key)).isEqualTo(count));
    assertThat(table.get(1)).isZero();
  }

  @Test
  void shortSplitsHaveNoContexts() {
    EncodedText text = Texts.encoded("ab");
    NgramBaselines one = NgramBaselines.count(text, new Split("training", 0, 1));
    Nats nats = one.crossEntropy(text, Split.whole("test", text));
    // p(b) = (1 / 2) / (1 + 1): the only character counted has no successor.
    assertThat(nats).isEqualTo(new Nats(Math.log(4), Math.log(4), Math.log(4)));
    assertThatThrownBy(() -> one.crossEntropy(text, new Split("test", 1, 2)))
        .hasMessage("test split, 1 characters in a vocabulary of 2 characters; 2 were counted");
  }
}
