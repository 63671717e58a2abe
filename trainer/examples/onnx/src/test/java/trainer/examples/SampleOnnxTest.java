package trainer.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import trainer.checkpoint.SavedNetwork;
import trainer.config.ConfigurationLoader;
import trainer.engine.Engine;
import trainer.engine.Inference;
import trainer.engine.nd4j.Nd4jEngine;
import trainer.exchange.OnnxExport;
import trainer.job.TrainingJob;
import trainer.network.CharacterNetwork;

/** ONNX Runtime computes what this program computes, and writes. */
final class SampleOnnxTest {
  private static final Path TEXT = Path.of("../../../datasets/shakespeare.txt");
  private static final int CHARACTERS = 1_000;

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"lstm", "graves_lstm", "gru", "simple_rnn"})
  void probabilitiesAreThoseOfThisProgram(String cell) throws IOException, OrtException {
    String text = Files.readString(TEXT).substring(0, 20_000);
    SavedNetwork saved = SavedNetwork.open(trained(cell, text));
    Path file = folder.resolve("model.onnx");
    export(saved, file);
    double largest = 0;
    try (SampleOnnx model = new SampleOnnx(file.toString());
        Inference network = saved.inference();
        Engine.Session session = network.session(1)) {
      for (int i = 0; i < CHARACTERS; i++) {
        int character = text.charAt(i);
        float[] expected = session.next(new int[] {saved.vocabulary().index(character)});
        double[] found = softmax(model.read(character));
        for (int v = 0; v < found.length; v++) {
          largest = Math.max(largest, Math.abs(found[v] - Math.exp(expected[v])));
        }
      }
    }
    System.out.printf(
        "%s: ONNX Runtime %s, probabilities of %d characters differ by at most %.1e%n",
        cell, OrtEnvironment.getEnvironment().getVersion(), CHARACTERS, largest);
    assertThat(largest).isCloseTo(0, within(1e-6));
    try (SampleOnnx model = new SampleOnnx(file.toString());
        SampleOnnx again = new SampleOnnx(file.toString())) {
      assertThat(model.write("The ", 50, 0.8, 1))
          .hasSize(50)
          .isEqualTo(again.write("The ", 50, 0.8, 1));
    }
  }

  private Path trained(String cell, String text) throws IOException {
    Files.writeString(folder.resolve("text.txt"), text);
    Path configuration = folder.resolve("job.yml");
    Files.writeString(
        configuration,
        """
        data: {corpus: text.txt}
        model: {layers: [{type: %1$s, size: 64}, {type: %1$s, size: 48}]}
        training: {batch_size: 16, sequence_length: 32, max_iterations: 100}
        """
            .formatted(cell));
    Path run = folder.resolve("run");
    new TrainingJob(ConfigurationLoader.load(configuration, List.of()), run).run();
    return run;
  }

  private static void export(SavedNetwork saved, Path file) {
    Map<String, String> texts = Map.of("vocabulary.json", saved.checkpoint().vocabulary());
    try (CharacterNetwork network = saved.network(DataType.FLOAT, Nd4jEngine::new)) {
      OnnxExport.write(network, texts, file);
    }
  }

  private static double[] softmax(float... logits) {
    double[] powers = new double[logits.length];
    Arrays.setAll(powers, i -> Math.exp(logits[i]));
    double sum = Arrays.stream(powers).sum();
    Arrays.setAll(powers, i -> powers[i] / sum);
    return powers;
  }
}
