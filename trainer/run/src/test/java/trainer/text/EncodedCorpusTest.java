package trainer.text;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import trainer.config.Data;
import trainer.config.Data.Newlines;
import trainer.config.Data.Normalization;
import trainer.config.Data.UnknownCharacters;
import trainer.disk.Operation;
import trainer.disk.WatchedFileSystem;
import trainer.file.Sha256;
import trainer.file.Watch;

/** The encoded text that the next start reuses. */
final class EncodedCorpusTest extends CorpusFolder {
  @Test
  void theEncodedTextIsUsedAgainForTheSameSourceAndOptions() {
    Path file = Texts.write(directory, "a.txt", "some text\r\n");
    assertThat(open(Texts.data(file)).reused()).isFalse();
    Corpus again = open(Texts.data(file));
    assertThat(again.reused()).isTrue();
    assertThat(text(again)).isEqualTo("some text\n");
    assertThat(again.sha256()).isEqualTo(Sha256.hex("some text\r\n"));
    assertThat(again.vocabulary()).isEqualTo(Vocabulary.of("some text\n"));

    // Same length, other bytes.
    Texts.write(directory, "a.txt", "some teXt\r\n");
    Corpus changed = open(Texts.data(file));
    assertThat(changed.reused()).isFalse();
    assertThat(text(changed)).isEqualTo("some teXt\n");
    // The text mapped before is unchanged.
    assertThat(text(again)).isEqualTo("some text\n");
  }

  @Test
  void otherOptionsEncodeAgain() {
    Path file = Texts.write(directory, "a.txt", "e\u0301a\r\n");
    Path kept = Texts.write(directory, "v.json", Vocabulary.of("\n\ra\u00E9e\u0301").toJson());
    open(Texts.data(file));
    for (Data data :
        List.of(
            Texts.data(Normalization.NFC, Newlines.LF, null, UnknownCharacters.ERROR, file),
            Texts.data(Normalization.NFC, Newlines.KEEP, null, UnknownCharacters.ERROR, file),
            Texts.data(Normalization.NFC, Newlines.KEEP, null, UnknownCharacters.REPLACE, file),
            Texts.data(Normalization.NFC, Newlines.KEEP, kept, UnknownCharacters.REPLACE, file))) {
      assertThat(open(data).reused()).isFalse();
      assertThat(open(data).reused()).isTrue();
    }
  }

  @Test
  void aDamagedEncodedTextIsMadeAgain() throws IOException {
    Path file = Texts.write(directory, "a.txt", "some text to encode");
    open(Texts.data(file));
    byte[] whole = Files.readAllBytes(encoded());
    List<byte[]> damaged = new ArrayList<>();
    for (int at : new int[] {0, 8, 12, 40, 44, 80, 115, whole.length - 1}) {
      byte[] bytes = whole.clone();
      bytes[at] ^= 0x40;
      damaged.add(bytes);
    }
    damaged.add(Arrays.copyOf(whole, whole.length - 1));
    damaged.add(Arrays.copyOf(whole, 50));
    damaged.add(new byte[0]);
    for (byte[] bytes : damaged) {
      // A new file, because a mapped one must not change.
      Files.delete(encoded());
      Files.write(encoded(), bytes);
      Corpus corpus = open(Texts.data(file));
      assertThat(corpus.reused()).isFalse();
      assertThat(text(corpus)).isEqualTo("some text to encode");
      assertThat(Files.readAllBytes(encoded())).isEqualTo(whole);
    }
  }

  /** An index beyond the network's vocabulary would make an engine read out of bounds. */
  @Test
  void anEncodedTextForgedWithCharactersBeyondItsVocabularyIsMadeAgain() throws IOException {
    Path file = Texts.write(directory, "a.txt", "some text to encode");
    int characters = open(Texts.data(file)).vocabulary().size();
    ByteBuffer forged = ByteBuffer.wrap(Files.readAllBytes(encoded())).order(LITTLE_ENDIAN);
    forged.put(forged.capacity() - 1, (byte) characters);
    int start = (int) EncodedHeader.textOffset(characters);
    CRC32C checksum = new CRC32C();
    checksum.update(forged.slice(EncodedHeader.SIZE, 4 * characters));
    checksum.update(forged.slice(start, forged.capacity() - start));
    forged.putInt(44, (int) checksum.getValue());
    Files.delete(encoded());
    Files.write(encoded(), forged.array());

    Corpus corpus = open(Texts.data(file));

    assertThat(corpus.reused()).isFalse();
    assertThat(text(corpus)).isEqualTo("some text to encode");
  }

  @Test
  void anEncodedTextForgedToALengthBeyondAllNumbersIsMadeAgain() throws IOException {
    Path file = Texts.write(directory, "a.txt", "some text to encode".repeat(30));
    open(Texts.data(file));
    ByteBuffer forged = ByteBuffer.wrap(Files.readAllBytes(encoded())).order(LITTLE_ENDIAN);
    forged.putLong(16, Long.MAX_VALUE);
    Files.delete(encoded());
    Files.write(encoded(), forged.array());

    assertThat(open(Texts.data(file)).reused()).isFalse();
  }

  @Test
  void aLinkDoesNotRedirectTheEncodedText() throws IOException {
    Path file = Texts.write(directory, "a.txt", "some text to encode");
    Path victim = Texts.write(directory, "victim.txt", "precious");
    Files.createDirectories(encoded().getParent());
    Files.createSymbolicLink(encoded().resolveSibling(".corpus.encoded.part"), victim);
    Files.createSymbolicLink(encoded(), victim);

    assertThat(text(open(Texts.data(file)))).isEqualTo("some text to encode");

    assertThat(victim).content().isEqualTo("precious");
    assertThat(Files.isSymbolicLink(encoded())).isFalse();
  }

  @Test
  void aTextWhoseFirstWriteFailsLeavesNoFile() {
    Path watched =
        WatchedFileSystem.watch(
            directory.resolve("corpus.bin"),
            operation -> {
              if (operation instanceof Operation.Write) {
                throw new IOException("No space left on device");
              }
            });
    assertThatThrownBy(() -> new EncodedTextWriter(watched, Vocabulary.of("ab"), null))
        .hasMessageContaining("No space left on device");
    assertThat(directory).isEmptyDirectory();
  }

  @Test
  void largerVocabulariesTakeTwoAndFourBytes() {
    StringBuilder text = new StringBuilder();
    for (int c = 0x4E00; c < 0x4E00 + 300; c++) {
      text.appendCodePoint(c);
    }
    Corpus two = open(Texts.data(Texts.write(directory, "two.txt", text.toString())));
    assertThat(two.text().width()).isEqualTo(2);
    assertThat(text(two)).isEqualTo(text.toString());
    for (int c = 0x10000; c < 0x10000 + 70_000; c++) {
      text.appendCodePoint(c);
    }
    Corpus four = open(Texts.data(Texts.write(directory, "four.txt", text.toString())));
    assertThat(four.text().width()).isEqualTo(4);
    assertThat(text(four)).isEqualTo(text.toString());
    assertThat(four.text().at(70_299)).isEqualTo(70_299);
  }

  /** One index more than characters. */
  @Test
  void widthsChangeAt256And65536Characters() {
    assertThat(EncodedHeader.width(255)).isEqualTo(1);
    assertThat(EncodedHeader.width(256)).isEqualTo(2);
    assertThat(EncodedHeader.width(65_535)).isEqualTo(2);
    assertThat(EncodedHeader.width(65_536)).isEqualTo(4);
  }

  /** A run that version 1.0.0 began resumes with the text it began with. */
  @Test
  void anEncodedTextOfTheFirstVersionIsReadUnlessItHasUnknownCharacters() throws IOException {
    StringBuilder all = new StringBuilder();
    for (int c = 0; c < 256; c++) {
      all.appendCodePoint(0x4E00 + c);
    }
    Vocabulary vocabulary = Vocabulary.of(all.toString());
    EncodedHeader header =
        new EncodedHeader(1, 3, 0, 9, 256, 0, Sha256.hex("text"), Sha256.hex("key"));
    ByteBuffer first = ByteBuffer.allocate((int) header.fileSize()).order(LITTLE_ENDIAN);
    first.put(header.toBytes());
    first.putInt(8, 1);
    first.put(EncodedTextWriter.vocabularyBytes(vocabulary));
    first.position((int) header.textOffset()).put(new byte[] {3, (byte) 255, 0});
    CRC32C checksum = new CRC32C();
    checksum.update(EncodedTextWriter.vocabularyBytes(vocabulary));
    checksum.update(first.slice((int) header.textOffset(), 3));
    first.putInt(44, (int) checksum.getValue());
    Path file = directory.resolve("first.bin");
    Files.write(file, first.array());

    EncodedText text = EncodedText.map(file);

    assertThat(text.isIntact(Watch.none())).isTrue();
    assertThat(text.text(0, 3)).isEqualTo("\u4E03\u4EFF\u4E00");
    first.putLong(24, 1);
    Path replaced = directory.resolve("replaced.bin");
    Files.write(replaced, first.array());
    assertThat(EncodedText.map(replaced)).isNull();
  }

  @Test
  void aTextInSeveralMappingsReadsAsOne() throws IOException {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 1000; i++) {
      text.appendCodePoint(0x4E00 + i * 7 % 400);
    }
    Corpus corpus = open(Texts.data(Texts.write(directory, "a.txt", text.toString())));
    assertThat(corpus.text().width()).isEqualTo(2);
    for (int bits = 4; bits < 12; bits++) {
      EncodedText mapped = EncodedText.map(encoded(), bits);
      assertThat(mapped.text(0, 1000)).isEqualTo(text.toString());
      assertThat(mapped.text(5, 13)).isEqualTo(text.substring(5, 18));
      assertThat(mapped.isIntact(Watch.none())).isTrue();
    }
  }
}
