package trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import trainer.job.WeightSource;
import trainer.text.Vocabulary;

final class OtherRunTest {
  private static final Vocabulary VOCABULARY = Vocabulary.of("ab");

  @TempDir private Path run;

  @Test
  void theVocabularyOfACheckpointIsKeptWithTheFileOfItsRun() throws IOException {
    Path file = Files.writeString(run.resolve("vocabulary.json"), VOCABULARY.toJson());
    for (String checkpoint : List.of("best.zip", "checkpoints/20.zip")) {
      assertThat(WeightSource.keeping(run.resolve(checkpoint), VOCABULARY))
          .isEqualTo("keep it with --set data.vocabulary=" + file);
    }
  }

  @Test
  void theVocabularyOfACheckpointThatLiesAloneIsTakenOutOfIt() throws IOException {
    Path checkpoint = run.resolve("copy.zip");
    String unpacked =
        "keep it with unzip -p %s vocabulary.json > vocabulary.json and --set data.vocabulary=vocabulary.json"
            .formatted(checkpoint);
    assertThat(WeightSource.keeping(checkpoint, VOCABULARY)).isEqualTo(unpacked);
    for (String other : List.of(Vocabulary.of("ac").toJson(), "{}")) {
      Files.writeString(run.resolve("vocabulary.json"), other);
      assertThat(WeightSource.keeping(checkpoint, VOCABULARY)).as(other).isEqualTo(unpacked);
    }
  }
}
