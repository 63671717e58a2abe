package trainer.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import trainer.Networks;
import trainer.config.Layer;
import trainer.config.Layer.CellType;
import trainer.network.CharacterNetwork;
import trainer.text.Segment;
import trainer.text.TextException;
import trainer.text.Vocabulary;
import trainer.training.StopSignal;

class TextGeneratorTest {
  private static final Vocabulary LETTERS = Vocabulary.of("\n abcdefgh");

  private static CharacterNetwork network(Vocabulary vocabulary) {
    return Networks.nd4j(
        Networks.configuration(1, 5, Networks.mixed()), vocabulary.size(), DataType.FLOAT);
  }

  private static String text(
      CharacterNetwork network, Vocabulary vocabulary, String prompt, long seed) {
    StringBuilder text = new StringBuilder();
    new TextGenerator(network.engine(), vocabulary)
        .generate(prompt, 60, Sampling.of(1), seed, new StopSignal(), text::append);
    return text.toString();
  }

  @Test
  void aSeedMeansTheSameText() {
    CharacterNetwork network = network(LETTERS);
    String text = text(network, LETTERS, "abc", 5);
    assertThat(text).hasSize(60);
    assertThat(text(network, LETTERS, "abc", 5)).isEqualTo(text);
    assertThat(text(network, LETTERS, "abc", 6)).isNotEqualTo(text);
  }

  @Test
  void thePromptIsReadAndNotWritten() {
    CharacterNetwork network = copier();
    for (String prompt : List.of("a", "ba", "h", "hgf")) {
      String last = prompt.substring(prompt.length() - 1);
      assertThat(text(network, LETTERS, prompt, 1)).isEqualTo(last.repeat(60));
    }
  }

  @Test
  void withoutAPromptATextStartsALine() {
    CharacterNetwork network = copier();
    assertThat(text(network, LETTERS, null, 1)).isEqualTo("\n".repeat(60));
    assertThat(text(network, LETTERS, "", 1)).isEqualTo("\n".repeat(60));
  }

  @Test
  void withoutNewlinesItStartsWithTheFirstCharacter() {
    Vocabulary digits = Vocabulary.of("0123456789");
    CharacterNetwork network = copier();
    assertThat(text(network, digits, null, 1)).isEqualTo("0".repeat(60));
  }

  /** A network that predicts the last character read with certainty. */
  private static CharacterNetwork copier() {
    int size = LETTERS.size();
    CharacterNetwork network =
        Networks.nd4j(
            Networks.configuration(1, 5, new Layer(CellType.SIMPLE_RNN, size, 0)),
            size,
            DataType.FLOAT);
    network.params().assign(0);
    INDArray read = network.layerParameters(0).inputWeights();
    INDArray write = network.outputParameters().weights();
    for (int i = 0; i < size; i++) {
      read.putScalar(i, i, 5);
      write.putScalar(i, i, 50);
    }
    return network;
  }

  @Test
  void charactersAreCodePoints() {
    Vocabulary vocabulary = Vocabulary.of("a😀𝄞\n");
    String text = text(network(vocabulary), vocabulary, "😀𝄞", 3);
    assertThat(text.codePointCount(0, text.length())).isEqualTo(60);
    assertThat(text.codePoints().allMatch(vocabulary::contains)).isTrue();
    assertThat(text).contains("😀", "𝄞");
  }

  @Test
  void anUnknownCharacterInThePromptIsRefused() {
    CharacterNetwork network = network(LETTERS);
    assertThatThrownBy(() -> text(network, LETTERS, "abz", 1))
        .isInstanceOf(TextException.class)
        .hasMessageStartingWith("character 3 of the text, ")
        .hasMessageContaining("'z'")
        .hasMessageEndingWith(" is not in the vocabulary of 10 characters: \\n abcdefgh");
  }

  @Test
  void eachCharacterIsGivenOutAsItIsDrawnUntilAStop() {
    CharacterNetwork network = network(LETTERS);
    List<String> given = new ArrayList<>();
    StopSignal stop = new StopSignal();
    new TextGenerator(network.engine(), LETTERS)
        .generate(
            "a",
            60,
            Sampling.of(1),
            5,
            stop,
            character -> {
              given.add(character);
              if (given.size() == 7) {
                stop.request("SIGTERM");
              }
            });
    assertThat(String.join("", given)).isEqualTo(text(network, LETTERS, "a", 5).substring(0, 7));
  }

  @Test
  void trainingIsUnaffected() {
    CharacterNetwork network = network(LETTERS);
    Segment segment = new Segment(5, 1, new int[] {1, 2, 3, 4, 5}, new int[] {2, 3, 4, 5, 6});
    network.fit(segment);
    double[] before = network.engine().carriedState().layers().get(0).hidden();
    text(network, LETTERS, "abc", 5);
    assertThat(network.engine().carriedState().layers().get(0).hidden()).isEqualTo(before);
  }
}
