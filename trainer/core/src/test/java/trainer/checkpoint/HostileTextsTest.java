package trainer.checkpoint;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import trainer.run.RunException;

/** Checkpoints with a matching manifest and wrong JSON or YAML. */
final class HostileTextsTest extends HostileCheckpoint {
  @Test
  void progressWithoutAKey() throws IOException {
    progress("\"best_loss\"", "\"best\"");
    refusedWithFittingManifest("its entry trainer/progress.json has no 'best_loss'");
  }

  @Test
  void progressWithAnUnknownKey() throws IOException {
    progress("{", "{\"mood\": 1,");
    refusedWithFittingManifest("its entry trainer/progress.json has the unknown key 'mood'");
  }

  @Test
  void progressWithANegativeCount() throws IOException {
    progress("\"epoch\" : 1", "\"epoch\" : -1");
    refusedWithFittingManifest(
        "its entry trainer/progress.json: 'epoch' is -1, not a whole number of at least 0");
  }

  @Test
  void progressWithACountThatIsTooLarge() throws IOException {
    progress("\"epoch\" : 1", "\"epoch\" : 2147483648");
    refusedWithFittingManifest(
        "its entry trainer/progress.json: 'epoch' is 2147483648, not below 2,147,483,648");
  }

  @Test
  void progressWithAWordForANumber() throws IOException {
    progress("\"seconds\" : 12.75", "\"seconds\" : \"long\"");
    refusedWithFittingManifest(
        "its entry trainer/progress.json: 'seconds' is \"long\", not a number");
  }

  @Test
  void textThatIsNotUtf8() throws IOException {
    entries.put("trainer/vocabulary.json", new byte[] {'[', (byte) 0xff, ']'});
    refusedWithFittingManifest("its entry trainer/vocabulary.json is not UTF-8 text");
  }

  @Test
  void configurationThatIsWrong() throws IOException {
    replace("trainer/config.yml", "batch_size: 2", "batch_size: [*a, *a]");
    refusedWithFittingManifest(
        "its configuration is wrong: trainer/config.yml:5: the alias *a is not allowed; write the"
            + " value, text in quotes");
  }

  @Test
  void vocabularyThatIsWrong() throws IOException {
    entries.put("trainer/vocabulary.json", "[]".getBytes(UTF_8));
    refusedWithFittingManifest(
        "its vocabulary is wrong: trainer/vocabulary.json: not a vocabulary.json: expected an"
            + " object with 'version' and 'characters'");
  }

  /** Deeplearning4j instantiates any class that its JSON names. */
  @Test
  void networkOfForeignClasses() throws IOException {
    String gadget = "com.sun.rowset.JdbcRowSetImpl";
    entries.put(
        "configuration.json",
        "{\"confs\": [{\"layer\": {\"@class\": \"%s\"}}]}".formatted(gadget).getBytes(UTF_8));
    refusedWithFittingManifest(
        "its entry configuration.json: '@class' is \"%s\", not a part of a character network"
            .formatted(gadget));
    entries.put("configuration.json", "{\"a\": {\"@class\": [\"x\"]}}".getBytes(UTF_8));
    refusedWithFittingManifest(
        "its entry configuration.json: '@class' is [\"x\"], not a part of a character network");
    entries.put("configuration.json", "confs: []".getBytes(UTF_8));
    assertThatExceptionOfType(RunException.class)
        .isThrownBy(this::readWithFittingManifest)
        .withMessageContaining("its entry configuration.json is not JSON (line 1: ");
  }

  @Test
  void networkOfAClassHiddenBehindAnother() throws IOException {
    entries.put(
        "configuration.json",
        """
        {"@class": "org.nd4j.linalg.learning.config.Adam", "rate": {"@class": "java.io.File"}}"""
            .getBytes(UTF_8));
    refusedWithFittingManifest(
        "its entry configuration.json: '@class' is \"java.io.File\", not a part of a character"
            + " network");
  }

  @Test
  void textThatIsTooLong() throws IOException {
    entries.put("trainer/progress.json", new byte[70_000]);
    refusedWithFittingManifest(
        "its entry trainer/progress.json has 70,000 bytes, more than allowed in a checkpoint");
  }

  @Test
  void progressOfRatesAndTimesThatCannotBe() throws IOException {
    progress("\"learning_rate_factor\" : 0.5", "\"learning_rate_factor\" : \"NaN\"");
    refusedWithFittingManifest(
        "its entry trainer/progress.json: 'learning_rate_factor' is NaN, not above 0 and at"
            + " most 1");
    progress("\"NaN\"", "0.5");
    progress("\"seconds\" : 12.75", "\"seconds\" : -1e300");
    refusedWithFittingManifest(
        "its entry trainer/progress.json: 'seconds' is -1.0E300, not a time of at least 0");
    progress("\"seconds\" : -1e300", "\"seconds\" : 1");
    progress("\"recorded\" : 9", "\"recorded\" : 10");
    refusedWithFittingManifest(
        "its entry trainer/progress.json: it refers to an iteration after its own");
  }

  private void progress(String from, String to) {
    replace("trainer/progress.json", from, to);
  }
}
