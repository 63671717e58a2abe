package trainer.text;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32C;

/**
 * An encoded corpus of any bytes gives the text of its source or, if forged with a matching
 * checksum, one in its own vocabulary: never a failure or a character outside the vocabulary. The
 * input overwrites a valid file: two bytes for the offset, one for the value.
 */
public final class EncodedTextFuzz {
  private static final String TEXT = "a ship, a sail\n\u00e9\ud834\udd1e".repeat(20);
  private static final int VOCABULARY_SIZE_AT = 40;
  private static final int CHECKSUM_AT = 44;
  private static final Path FOLDER = FuzzFolder.of("source.txt", "source.bin");
  private static final Path SOURCE = Texts.write(FOLDER, "source.txt", TEXT);
  private static final Path ENCODED = FOLDER.resolve("source.bin");
  private static final byte[] HONEST = honest();

  private EncodedTextFuzz() {}

  private static byte[] honest() {
    try {
      Corpus.open(Texts.data(SOURCE), ENCODED);
      return Files.readAllBytes(ENCODED);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  public static void fuzzerTestOneInput(byte[] input) throws IOException {
    byte[] forged = HONEST.clone();
    for (int i = 0; i + 2 < input.length; i += 3) {
      int at = (input[i] & 0xff) << 8 | (input[i + 1] & 0xff);
      forged[at % forged.length] = input[i + 2];
    }
    fitChecksum(forged);
    Files.write(ENCODED, forged);
    Corpus corpus = Corpus.open(Texts.data(SOURCE), ENCODED);
    EncodedText text = corpus.text();
    for (long i = 0; i < text.length(); i++) {
      if (text.at(i) >= corpus.vocabulary().size()) {
        throw new AssertionError("character %d is %d".formatted(i, text.at(i)));
      }
    }
  }

  private static void fitChecksum(byte[] forged) {
    ByteBuffer file = ByteBuffer.wrap(forged).order(ByteOrder.LITTLE_ENDIAN);
    int characters = file.getInt(VOCABULARY_SIZE_AT);
    long start = EncodedHeader.textOffset(characters);
    if (characters < 0 || start > forged.length) {
      return;
    }
    CRC32C checksum = new CRC32C();
    checksum.update(forged, EncodedHeader.SIZE, 4 * characters);
    checksum.update(forged, (int) start, forged.length - (int) start);
    file.putInt(CHECKSUM_AT, (int) checksum.getValue());
  }
}
