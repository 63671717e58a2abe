package trainer.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import trainer.Networks;
import trainer.engine.Engine;
import trainer.network.CharacterNetwork;
import trainer.text.TextException;
import trainer.text.Vocabulary;
import trainer.training.StopSignal;

/** A text that is written in turn. */
final class ConversationTest {
  private static final Vocabulary LETTERS = Vocabulary.of("\n abcdefgh");

  private static CharacterNetwork network() {
    return Networks.nd4j(
        Networks.configuration(1, 5, Networks.mixed()), LETTERS.size(), DataType.FLOAT);
  }

  private static String write(Conversation conversation, int length, SplittableRandom random) {
    StringBuilder text = new StringBuilder();
    conversation.write(length, Sampling.of(1), random, new StopSignal(), text::append);
    return text.toString();
  }

  /** What was read and written before decides what follows, and how surprising a text is. */
  @Test
  void theStateIsKeptFromTurnToTurn() {
    CharacterNetwork network = network();
    try (Conversation conversation = new Conversation(network.engine(), LETTERS);
        Engine.Session session = network.engine().session(1)) {
      double[] first = conversation.read("abc");
      String written = write(conversation, 7, new SplittableRandom(1));
      double[] second = conversation.read("hg");

      assertThat(written).hasSize(7);
      assertThat(first[0]).isNaN();
      int[] whole = LETTERS.encode("abc" + written + "hg");
      for (int i = 0; i < whole.length - 1; i++) {
        double expected = -session.next(new int[] {whole[i]})[whole[i + 1]];
        if (i + 1 < 3) {
          assertThat(first[i + 1]).isEqualTo(expected);
        } else if (i + 1 >= 10) {
          assertThat(second[i + 1 - 10]).isCloseTo(expected, within(0.0));
        }
      }
    }
  }

  @Test
  void aTextWithAnUnknownCharacterIsNotReadAtAll() {
    CharacterNetwork network = network();
    try (Conversation interrupted = new Conversation(network.engine(), LETTERS);
        Conversation conversation = new Conversation(network.engine(), LETTERS)) {
      interrupted.read("abc");
      assertThatThrownBy(() -> interrupted.read("dex")).isInstanceOf(TextException.class);
      conversation.read("abc");
      assertThat(write(interrupted, 40, new SplittableRandom(2)))
          .isEqualTo(write(conversation, 40, new SplittableRandom(2)));
    }
  }
}
