package trainer.run;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.factory.Nd4j;
import trainer.engine.CarriedState;

/** Files that claim to be checkpoints; those with a manifest have one that fits them. */
class HostileCheckpointTest {
  private static final String REMEDY =
      ": there is no other checkpoint beside it: restore it from a copy, or train again";

  @TempDir Path directory;

  private Path file;
  private Map<String, byte[]> entries;

  @BeforeEach
  void anHonestCheckpoint() throws IOException {
    entries = ZipFixture.entriesOf(Examples.checkpoint(9), directory);
    file = directory.resolve("9.zip");
  }

  private void refused(String message) {
    assertThatExceptionOfType(RunException.class)
        .isThrownBy(() -> Checkpoint.read(file))
        .withMessage(file + ": not a usable checkpoint: " + message + REMEDY);
  }

  private void refusedWithFittingManifest(String message) throws IOException {
    ZipFixture.write(file, ZipFixture.withManifest(entries));
    refused(message);
  }

  private void readWithFittingManifest() throws IOException {
    ZipFixture.write(file, ZipFixture.withManifest(entries));
    Checkpoint.read(file);
  }

  private void refusedAsWritten(List<ZipFixture.Entry> listed, String message) throws IOException {
    Files.write(file, ZipFixture.bytes(listed, false));
    refused(message);
  }

  private List<ZipFixture.Entry> listed() {
    List<ZipFixture.Entry> listed = new ArrayList<>();
    ZipFixture.withManifest(entries)
        .forEach((name, content) -> listed.add(ZipFixture.Entry.of(name, content)));
    return listed;
  }

  @Test
  void theFixtureItselfIsAccepted() throws IOException {
    Files.write(file, ZipFixture.bytes(listed(), false));
    CheckpointTest.assertSame(Checkpoint.read(file), Examples.checkpoint(9));
  }

  @Test
  void zip64IsRead() throws IOException {
    Files.write(file, ZipFixture.bytes(listed(), true));
    CheckpointTest.assertSame(Checkpoint.read(file), Examples.checkpoint(9));
  }

  @Test
  void emptyFile() throws IOException {
    Files.write(file, new byte[0]);
    refused("it is empty");
  }

  @Test
  void anotherKindOfFile() throws IOException {
    Files.writeString(file, "name: shakespeare\n".repeat(100));
    refused("it is not a whole zip file (its end is missing)");
  }

  @Test
  void aDirectory() throws IOException {
    Files.createDirectory(file);
    refused("it is a directory, not a checkpoint");
  }

  @Test
  void aMissingFileNamesTheOthers() throws IOException {
    Path folder = Files.createDirectories(directory.resolve("run/checkpoints"));
    for (int iteration : new int[] {5, 500, 1000, 20}) {
      Files.writeString(folder.resolve(iteration + ".zip"), "x");
    }
    Path missing = directory.resolve("run/best.zip");
    assertThatExceptionOfType(RunException.class)
        .isThrownBy(() -> Checkpoint.read(missing))
        .withMessage(
            "%s: no checkpoint there (no such file or directory): use another checkpoint: %s, %s, %s",
            missing,
            folder.resolve("1000.zip"),
            folder.resolve("500.zip"),
            folder.resolve("20.zip"));
  }

  @Test
  void pathTrick() throws IOException {
    entries.put("../../outside.txt", new byte[3]);
    refusedWithFittingManifest("it has an entry that no checkpoint has: '../../outside.txt'");
  }

  @Test
  void javaSerialisation() throws IOException {
    entries.put("preprocessor.bin", new byte[3]);
    refusedWithFittingManifest("it has an entry that no checkpoint has: 'preprocessor.bin'");
  }

  @Test
  void controlCharactersInANameAreNotPrinted() throws IOException {
    entries.put("a\u001b[31mred\nb", new byte[3]);
    refusedWithFittingManifest("it has an entry that no checkpoint has: 'a?[31mred?b'");
  }

  @Test
  void theSameEntryTwice() throws IOException {
    List<ZipFixture.Entry> twice = listed();
    twice.add(ZipFixture.Entry.of("coefficients.bin", new byte[3]));
    refusedAsWritten(twice, "it has the entry coefficients.bin twice");
  }

  @Test
  void twoNamesForOneEntry() throws IOException {
    List<ZipFixture.Entry> listed = listed();
    byte[] content = entries.get("coefficients.bin");
    listed.replaceAll(
        entry ->
            entry.name().equals("coefficients.bin")
                ? new ZipFixture.Entry(
                    "other.bin", "coefficients.bin", content, content.length, 0, 0)
                : entry);
    refusedAsWritten(listed, "its entry coefficients.bin is called 'other.bin' in the data");
  }

  @Test
  void encryptedEntry() throws IOException {
    List<ZipFixture.Entry> listed = listed();
    ZipFixture.Entry first = listed.get(0);
    listed.set(
        0,
        new ZipFixture.Entry(first.name(), first.name(), first.content(), first.claimed(), 1, 0));
    refusedAsWritten(listed, "its entry 'configuration.json' is encrypted");
  }

  @Test
  void unknownCompression() throws IOException {
    List<ZipFixture.Entry> listed = listed();
    ZipFixture.Entry first = listed.get(0);
    listed.set(
        0,
        new ZipFixture.Entry(first.name(), first.name(), first.content(), first.claimed(), 0, 12));
    refusedAsWritten(
        listed,
        "its entry 'configuration.json' is compressed by method 12, which is not supported");
  }

  @Test
  void zipBomb() throws IOException {
    List<ZipFixture.Entry> listed = listed();
    ZipFixture.Entry first = listed.get(0);
    listed.set(
        0, new ZipFixture.Entry(first.name(), first.name(), first.content(), 2_000_000_000L, 0, 8));
    Files.write(file, ZipFixture.bytes(listed, false));
    long others = listed.stream().skip(1).mapToLong(entry -> entry.content().length).sum();
    refused(
        "its %,d bytes would unpack to %,d, which no checkpoint does"
            .formatted(Files.size(file), 2_000_000_000L + others));
  }

  @Test
  void sizeThatDiffersFromTheData() throws IOException {
    List<ZipFixture.Entry> listed = listed();
    ZipFixture.Entry first = listed.get(0);
    listed.set(0, new ZipFixture.Entry(first.name(), first.name(), first.content(), 5, 0, 0));
    refusedAsWritten(listed, "its entry configuration.json is outside of the data");
  }

  @Test
  void brokenCompression() throws IOException {
    List<ZipFixture.Entry> listed = listed();
    ZipFixture.Entry first = listed.get(0);
    listed.set(0, new ZipFixture.Entry(first.name(), first.name(), first.content(), 500, 0, 8));
    refusedAsWritten(listed, "its entry configuration.json is damaged");
  }

  @Test
  void missingEntry() throws IOException {
    entries.remove("trainer/carried.bin");
    refusedWithFittingManifest("its entry trainer/carried.bin is missing");
  }

  @Test
  void missingUpdaterState() throws IOException {
    entries.remove("updaterState.bin");
    ZipFixture.write(file, entries);
    refused("its entry updaterState.bin is missing");
  }

  @Test
  void missingManifest() throws IOException {
    entries.remove(Manifest.NAME);
    ZipFixture.write(file, entries);
    refused("it is a plain DL4J model, without the configuration and vocabulary of a run");
    entries.remove("coefficients.bin");
    ZipFixture.write(file, entries);
    refused("it has no trainer/manifest.json");
  }

  @Test
  void entryThatTheManifestDoesNotKnow() throws IOException {
    byte[] updater = entries.remove("updaterState.bin");
    Map<String, byte[]> without = ZipFixture.withManifest(entries);
    without.put("updaterState.bin", updater);
    ZipFixture.write(file, without);
    refused("its entry updaterState.bin is not in its manifest");
  }

  @Test
  void entryThatIsNotTheOneInTheManifest() throws IOException {
    replace("trainer/config.yml", "seed: 1", "seed: 2");
    ZipFixture.write(file, entries);
    refused("its entry trainer/config.yml is damaged (SHA-256 differs)");
  }

  @Test
  void manifestOfANewerProgram() throws IOException {
    manifest("\"version\" : 1", "\"version\" : 2");
    refused(
        "it has format version 2, where this program reads version 1: a newer program wrote it");
  }

  @Test
  void manifestOfAnotherFormat() throws IOException {
    manifest("character-rnn-checkpoint", "recipe");
    refused(
        "its entry trainer/manifest.json: 'format' is \"recipe\", not"
            + " \"character-rnn-checkpoint\"");
  }

  @Test
  void manifestThatIsNotJson() throws IOException {
    manifest("{", "[");
    assertThatExceptionOfType(RunException.class)
        .isThrownBy(() -> Checkpoint.read(file))
        .withMessageContaining("its entry trainer/manifest.json is not JSON (line 2: ");
  }

  @Test
  void manifestWithoutChecksums() throws IOException {
    entries.put(
        Manifest.NAME,
        "{\"format\": \"character-rnn-checkpoint\", \"version\": 1, \"iteration\": 9}"
            .getBytes(UTF_8));
    ZipFixture.write(file, entries);
    refused("its entry trainer/manifest.json has no 'sha256'");
  }

  @Test
  void manifestAndProgressDisagree() throws IOException {
    manifest("\"iteration\" : 9", "\"iteration\" : 10");
    refused("its manifest says iteration 10, its progress 9");
  }

  @Test
  void progressWithoutAKey() throws IOException {
    progress("\"best_loss\"", "\"best\"");
    refusedWithFittingManifest("its entry trainer/progress.json has no 'best_loss'");
  }

  @Test
  void progressWithAKeyTooMany() throws IOException {
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
  void arrayThatClaimsMoreThanThereIs() throws IOException {
    ByteBuffer.wrap(entries.get("coefficients.bin")).putLong(52, 4_000_000_000L);
    byte[] claim = entries.get("coefficients.bin");
    ByteBuffer.wrap(claim).putLong(claim.length - Examples.PARAMETERS * 4 - 7 - 8, 4_000_000_000L);
    refusedWithFittingManifest(
        "its entry coefficients.bin claims 4,000,000,000 numbers of 4 bytes but has room for 584"
            + " bytes");
  }

  @Test
  void arrayOfAnotherType() throws IOException {
    entries.put("coefficients.bin", nd4j(Nd4j.ones(DataType.INT32, 1, 11)));
    refusedWithFittingManifest("its entry coefficients.bin does not hold numbers of 32 or 64 bits");
  }

  @Test
  void arrayOfAnotherShape() throws IOException {
    entries.put("coefficients.bin", nd4j(Nd4j.ones(DataType.FLOAT, 11, 1)));
    refusedWithFittingManifest("its entry coefficients.bin is not one row of numbers");
    entries.put("coefficients.bin", nd4j(Nd4j.ones(DataType.FLOAT, 1, 1, 11)));
    refusedWithFittingManifest("its entry coefficients.bin is not one row of numbers");
  }

  @Test
  void arraysOfDifferentTypes() throws IOException {
    entries.put("updaterState.bin", nd4j(Nd4j.ones(DataType.DOUBLE, 1, 292)));
    refusedWithFittingManifest("its parameters are FLOAT and its updater state DOUBLE");
  }

  @Test
  void arrayThatEndsTooEarly() throws IOException {
    entries.put("coefficients.bin", new byte[] {0, 16, 'M'});
    refusedWithFittingManifest("its entry coefficients.bin is damaged");
  }

  @Test
  void carriedStateThatIsNone() throws IOException {
    entries.put("trainer/carried.bin", new byte[40]);
    refusedWithFittingManifest("its entry trainer/carried.bin is not a carried state");
  }

  @Test
  void carriedStateThatClaimsMoreThanThereIs() throws IOException {
    ByteBuffer.wrap(entries.get("trainer/carried.bin"))
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(12, Integer.MAX_VALUE)
        .putInt(16, Integer.MAX_VALUE);
    refusedWithFittingManifest(
        "its entry trainer/carried.bin has 2147483647 lanes of 2147483647 units in layer 0, and the"
            + " network that its configuration describes 2 of 3");
  }

  @Test
  void carriedStateWithSomethingBehind() throws IOException {
    byte[] state = entries.get("trainer/carried.bin");
    entries.put("trainer/carried.bin", java.util.Arrays.copyOf(state, state.length + 8));
    refusedWithFittingManifest("its entry trainer/carried.bin has 8 bytes too many");
  }

  @Test
  void carriedStateOfAnotherNetwork() throws IOException {
    replace("trainer/config.yml", ", {type: gru, size: 2}", "");
    refusedWithFittingManifest(
        "its entry trainer/carried.bin has 2 layers, and the network that its configuration"
            + " describes 1");
  }

  @Test
  void parametersOfAnotherNetwork() throws IOException {
    entries.put("coefficients.bin", nd4j(Nd4j.ones(DataType.FLOAT, 1, 147)));
    refusedWithFittingManifest(
        "its entry coefficients.bin has 147 numbers, and the network that its configuration"
            + " describes 146");
  }

  @Test
  void updaterStateOfAnotherOptimizer() throws IOException {
    replace("trainer/config.yml", "{batch_size: 2}", "{batch_size: 2, optimizer: {type: rmsprop}}");
    refusedWithFittingManifest(
        "its entry updaterState.bin has 292 numbers, and the network that its configuration"
            + " describes 146");
    replace("trainer/config.yml", "{type: rmsprop}", "{type: sgd, momentum: 0.0}");
    refusedWithFittingManifest(
        "its entry updaterState.bin is of another optimizer than its configuration names");
  }

  /** A network whose parameters would take 77 exabytes. */
  @Test
  void configurationOfANetworkBeyondAllMemory() throws IOException {
    replace("trainer/config.yml", "{type: lstm, size: 3}", "{type: lstm, size: 2147483647}");
    ByteArrayOutputStream state = new ByteArrayOutputStream();
    CarriedStateFormat.write(new CarriedState(List.of()), state);
    entries.put("trainer/carried.bin", state.toByteArray());
    refusedWithFittingManifest(
        "its entry coefficients.bin has 146 numbers, and the network that its configuration"
            + " describes 9,223,372,036,854,775,807");
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

  /** Deeplearning4j makes an object of whatever class its JSON names. */
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
        "its entry trainer/progress.json has 70,000 bytes, more than a checkpoint's can have");
  }

  /** Reading it would wait for ever. */
  @Test
  void aNamedPipe() throws Exception {
    assumeThat(new ProcessBuilder("mkfifo", file.toString()).start().waitFor()).isZero();
    refused("it is not a regular file");
  }

  @Test
  void progressOfRatesAndTimesThatCannotBe() throws IOException {
    progress("\"learning_rate_factor\" : 0.5", "\"learning_rate_factor\" : \"NaN\"");
    refusedWithFittingManifest(
        "its entry trainer/progress.json: 'learning_rate_factor' is \"NaN\", not above 0 and at"
            + " most 1");
    progress("\"NaN\"", "0.5");
    progress("\"seconds\" : 12.75", "\"seconds\" : -1e300");
    refusedWithFittingManifest(
        "its entry trainer/progress.json: 'seconds' is -1.0E300, not a time of at least 0");
    progress("\"seconds\" : -1e300", "\"seconds\" : 1");
    progress("\"recorded\" : 9", "\"recorded\" : 10");
    refusedWithFittingManifest(
        "its entry trainer/progress.json tells of iterations that have not been");
  }

  @Test
  void nothingIsWrittenByReading() throws IOException {
    entries.put("../outside.txt", new byte[3]);
    ZipFixture.write(file, ZipFixture.withManifest(entries));
    assertThatExceptionOfType(RunException.class).isThrownBy(() -> Checkpoint.read(file));
    try (var files = Files.list(directory)) {
      assertThat(files).containsExactly(file);
    }
    assertThat(directory.resolveSibling("outside.txt")).doesNotExist();
  }

  private void manifest(String from, String to) throws IOException {
    replace(Manifest.NAME, from, to);
    ZipFixture.write(file, entries);
  }

  private void progress(String from, String to) {
    replace("trainer/progress.json", from, to);
  }

  private void replace(String name, String from, String to) {
    String text = new String(entries.get(name), UTF_8);
    assertThat(text).contains(from);
    int at = text.indexOf(from);
    String changed = text.substring(0, at) + to + text.substring(at + from.length());
    entries.put(name, changed.getBytes(UTF_8));
  }

  private static byte[] nd4j(org.nd4j.linalg.api.ndarray.INDArray array) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Nd4j.write(array, new DataOutputStream(out));
    return out.toByteArray();
  }
}
