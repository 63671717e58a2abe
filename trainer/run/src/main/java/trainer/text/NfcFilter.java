package trainer.text;

import java.nio.file.Path;
import java.text.Normalizer;
import java.util.Arrays;
import java.util.Locale;
import trainer.file.ShellWord;

/**
 * Normalizes text to Unicode form C. It buffers from one normalization boundary to the next, so the
 * result does not depend on how the file is divided into blocks.
 */
final class NfcFilter implements CodePointSink {
  /** Bounds memory; the longest legitimate sequences are 30 (UAX 15, section 13). */
  static final int LONGEST_RUN = 1 << 16;

  private static final int FIRST_COMBINING = 0x300;

  private final CodePointSink sink;
  private Path file;
  private int[] pending = new int[1024];
  private int pendingSize;

  NfcFilter(CodePointSink sink) {
    this.sink = sink;
  }

  /**
   * Whether there is a normalization boundary before this character. Conservative: where it is
   * false by mistake, only the buffered piece is longer.
   */
  static boolean startsPiece(int codePoint) {
    if (codePoint < FIRST_COMBINING) {
      return true;
    }
    return switch (Character.getType(codePoint)) {
      case Character.NON_SPACING_MARK,
          Character.COMBINING_SPACING_MARK,
          Character.ENCLOSING_MARK,
          Character.UNASSIGNED ->
          false;
      // Letters that join the preceding one: vowels and finals of Hangul, some of newer scripts.
      case Character.OTHER_LETTER ->
          codePoint < Character.MIN_SUPPLEMENTARY_CODE_POINT
              ? !isHangulVowelOrFinal(codePoint)
              : Character.isIdeographic(codePoint);
      default -> true;
    };
  }

  private static boolean isHangulVowelOrFinal(int codePoint) {
    return (codePoint >= 0x1160 && codePoint <= 0x11FF)
        || (codePoint >= 0xD7B0 && codePoint <= 0xD7FF);
  }

  @Override
  public void start(Path path) {
    file = path;
    sink.start(path);
  }

  @Override
  public void accept(int[] codePoints, int count) {
    if (pending.length < pendingSize + count) {
      pending = Arrays.copyOf(pending, Math.max(pendingSize + count, 2 * pending.length));
    }
    System.arraycopy(codePoints, 0, pending, pendingSize, count);
    int size = pendingSize + count;
    int boundary = size - 1;
    while (boundary > 0 && !startsPiece(pending[boundary])) {
      boundary--;
    }
    emit(boundary);
    pendingSize = size - boundary;
    System.arraycopy(pending, boundary, pending, 0, pendingSize);
    if (pendingSize > LONGEST_RUN) {
      throw new TextException(
          String.format(
              Locale.ROOT,
              "%s: more than %,d combining characters in a row after %s: not a text"
                  + " that can be normalized; set data.normalize: none",
              ShellWord.shown(file),
              LONGEST_RUN,
              CharacterNames.describe(pending[0])));
    }
  }

  @Override
  public void finish() {
    emit(pendingSize);
    pendingSize = 0;
    sink.finish();
  }

  private void emit(int count) {
    for (int i = 0; i < count; i++) {
      if (pending[i] >= FIRST_COMBINING) {
        int[] normal =
            Normalizer.normalize(new String(pending, 0, count), Normalizer.Form.NFC)
                .codePoints()
                .toArray();
        sink.accept(normal, normal.length);
        return;
      }
    }
    sink.accept(pending, count);
  }
}
