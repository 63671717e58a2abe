package trainer;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import trainer.checkpoint.CheckpointFuzz;
import trainer.config.ConfigurationFuzz;
import trainer.exchange.WeightsFuzz;
import trainer.text.CorpusFuzz;
import trainer.text.EncodedTextFuzz;
import trainer.text.VocabularyFuzz;

/**
 * The inputs that fuzzing began with, and those that it found something with: see {@code
 * docs/safety.md}.
 */
final class FuzzFindingsTest {
  private interface Target {
    void run(byte[] input) throws IOException;
  }

  @TestFactory
  Stream<DynamicTest> configurations() throws Exception {
    return tests("Configuration", ConfigurationFuzz::fuzzerTestOneInput);
  }

  @TestFactory
  Stream<DynamicTest> vocabularies() throws Exception {
    return tests("Vocabulary", VocabularyFuzz::fuzzerTestOneInput);
  }

  @TestFactory
  Stream<DynamicTest> corpora() throws Exception {
    return tests("Corpus", CorpusFuzz::fuzzerTestOneInput);
  }

  @TestFactory
  Stream<DynamicTest> encodedTexts() throws Exception {
    return tests("EncodedText", EncodedTextFuzz::fuzzerTestOneInput);
  }

  @TestFactory
  Stream<DynamicTest> checkpoints() throws Exception {
    return tests("Checkpoint", CheckpointFuzz::fuzzerTestOneInput);
  }

  @TestFactory
  Stream<DynamicTest> weights() throws Exception {
    return tests("Weights", WeightsFuzz::fuzzerTestOneInput);
  }

  private static Stream<DynamicTest> tests(String name, Target target)
      throws IOException, URISyntaxException {
    Path folder = Path.of(FuzzFindingsTest.class.getResource("fuzz/" + name).toURI());
    try (Stream<Path> files = Files.list(folder)) {
      List<Path> inputs = files.sorted().toList();
      assertThat(inputs).isNotEmpty();
      return inputs.stream()
          .map(
              input ->
                  DynamicTest.dynamicTest(
                      input.getFileName().toString(), () -> target.run(Files.readAllBytes(input))));
    }
  }
}
