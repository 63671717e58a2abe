package trainer.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import trainer.file.FileException;
import trainer.run.DamagedException;
import trainer.run.RunException;

/** Files that are other zip files, or no zip files. */
@Tag("slow")
final class HostileZipTest extends HostileCheckpoint {
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

  /** Reading it would block forever. */
  @Test
  void aNamedPipe() throws Exception {
    assumeThat(new ProcessBuilder("mkfifo", file.toString()).start().waitFor()).isZero();
    refused("it is not a regular file");
  }

  @Test
  void aMissingFileNamesTheOthers() throws IOException {
    Path folder = Files.createDirectories(directory.resolve("run/checkpoints"));
    for (int iteration : new int[] {5, 500, 1000, 20}) {
      Files.writeString(folder.resolve(iteration + ".zip"), "x");
    }
    Path missing = directory.resolve("run/best.zip");
    assertThatExceptionOfType(FileException.class)
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
        "its %,d bytes would unpack to %,d, more than a checkpoint can have"
            .formatted(Files.size(file), 2_000_000_000L + others));
  }

  /** Their sum does not fit into 64 bits. */
  @Test
  void manyZipBombs() throws IOException {
    List<ZipFixture.Entry> bombs = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      bombs.add(new ZipFixture.Entry("e" + i, "e" + i, new byte[2], Long.MAX_VALUE, 0, 8));
    }
    Files.write(file, ZipFixture.bytes(bombs, true));
    try (SeekableByteChannel zip = Files.newByteChannel(file)) {
      assertThatExceptionOfType(DamagedException.class)
          .isThrownBy(() -> ZipDirectory.read(zip, name -> true))
          .withMessageContaining("would unpack to");
    }
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
  void nothingIsWrittenByReading() throws IOException {
    entries.put("../outside.txt", new byte[3]);
    ZipFixture.write(file, ZipFixture.withManifest(entries));
    assertThatExceptionOfType(RunException.class).isThrownBy(() -> Checkpoint.read(file));
    try (var files = Files.list(directory)) {
      assertThat(files).containsExactly(file);
    }
    assertThat(directory.resolveSibling("outside.txt")).doesNotExist();
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
}
