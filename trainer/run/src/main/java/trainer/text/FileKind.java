package trainer.text;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import trainer.file.ShellWord;

/**
 * What a file is that is no text, or a text in another encoding than the chosen one, by its first
 * bytes.
 *
 * @param name such as {@code a gzip file}
 * @param remedy how to get a text, with {@code %1$s} for the file and {@code %2$s} for the text
 * @param encoding of a text; null: it is no text
 * @param marked whether the text begins with a byte order mark
 */
record FileKind(String name, String remedy, Charset encoding, boolean marked) {
  /** Bytes that decide: enough for the header of a tar archive, and for the letters of a text. */
  static final int HEAD_BYTES = 4096;

  private record Signature(int offset, byte[] bytes, FileKind kind) {
    boolean isIn(byte[] head, int length) {
      int end = offset + bytes.length;
      return end <= length && Arrays.equals(head, offset, end, bytes, 0, bytes.length);
    }
  }

  private static final Charset UTF_32LE = Charset.forName("UTF-32LE");
  private static final Charset UTF_32BE = Charset.forName("UTF-32BE");

  private static final String NO_REMEDY = "save its text as a file";

  /** Of the first bytes of an image or sound, of which at least two are control characters. */
  private static final int HEADER_BYTES = 32;

  /** Share of control characters, and number of different ones, that no text has. */
  private static final double BINARY = 0.04;

  private static final int DIFFERENT = 4;

  private static final FileKind BINARY_FILE = new FileKind("a binary file", NO_REMEDY, null, false);

  /** Below this, too few bytes tell an encoding. */
  private static final int FEW_BYTES = 32;

  /** Share of characters that a text without bytes of zero needs, to be in UTF-16. */
  private static final double USUAL = 0.1;

  /** The encodings whose ASCII characters have bytes of zero, largest units first. */
  private static final List<Charset> WIDE =
      List.of(UTF_32LE, UTF_32BE, StandardCharsets.UTF_16LE, StandardCharsets.UTF_16BE);

  /** The longer of two that begin alike comes first. */
  private static final List<Signature> SIGNATURES =
      List.of(
          encoded("FFFE0000", UTF_32LE),
          encoded("0000FEFF", UTF_32BE),
          encoded("FFFE", StandardCharsets.UTF_16LE),
          encoded("FEFF", StandardCharsets.UTF_16BE),
          file("7B5C727466", "an RTF document", "pandoc -f rtf -t plain -o %2$s %1$s"),
          new Signature(
              0,
              "version https://git-lfs.github.com/spec/".getBytes(StandardCharsets.US_ASCII),
              new FileKind(
                  "a pointer of Git LFS", "get the file itself: git lfs pull", null, false)),
          file("1F8B", "a gzip file", "gzip -dc %1$s > %2$s"),
          file(4, "314159265359", "a bzip2 file", "bzip2 -dc %1$s > %2$s"),
          file("FD377A585A00", "an xz file", "xz -dc %1$s > %2$s"),
          file("28B52FFD", "a zstd file", "zstd -dc %1$s > %2$s"),
          file("04224D18", "an lz4 file", "lz4 -dc %1$s > %2$s"),
          file("502A4D18", "a zstd file", "zstd -dc %1$s > %2$s"),
          file("4C5A4950", "an lzip file", "lzip -dc %1$s > %2$s"),
          file("5D00000001", "an lzma file", "xz -dc %1$s > %2$s"),
          file("5D00008000", "an lzma file", "xz -dc %1$s > %2$s"),
          file("1F9D", "a file of compress", "gzip -dc %1$s > %2$s"),
          file("377ABCAF271C", "a 7-Zip archive", "7z x -so %1$s > %2$s"),
          file("526172211A07", "a RAR archive", "unrar p -inul %1$s > %2$s"),
          file("255044462D", "a PDF document", "pdftotext %1$s %2$s"),
          file(60, "424F4F4B4D4F4249", "a Mobipocket book", "ebook-convert %1$s %2$s"),
          file("41542654464F524D", "a DjVu document", "djvutxt %1$s %2$s"),
          file("D0CF11E0A1B11AE1", "an old Office document", "catdoc %1$s > %2$s"),
          file(
              "53514C69746520666F726D6174203300",
              "an SQLite database",
              "sqlite3 %1$s .dump > %2$s"),
          file("7F454C46", "an ELF program", null),
          file("4D5A9000", "a Windows program", null),
          file("CAFEBABE00", "a Java class", null),
          file("89504E470D0A1A0A", "a PNG image", "tesseract %1$s - > %2$s"),
          file("FFD8FF", "a JPEG image", "tesseract %1$s - > %2$s"),
          file("49492A00", "a TIFF image", "tesseract %1$s - > %2$s"),
          file("4D4D002A", "a TIFF image", "tesseract %1$s - > %2$s"),
          file("0000000C6A502020", "a JPEG 2000 image", null),
          file("894844460D0A1A0A", "an HDF5 file", null),
          file("934E554D5059", "a NumPy array", null),
          file("4152524F573100", "an Arrow file", null),
          file("47475546", "a GGUF model", null),
          file(3, "00000000007B", "a safetensors file", null),
          file(257, "7573746172", "a tar archive", "tar -xOf %1$s > %2$s"));

  /** Those of letters only, which are texts unless control characters follow. */
  private static final List<Signature> LETTERS =
      List.of(
          file("474946383761", "a GIF image", null),
          file("474946383961", "a GIF image", null),
          file("424D", "a BMP image", null),
          file("52494646", "a WAV, AVI or WebP file", null),
          file("494433", "an MP3 file", null),
          file("4F676753", "an Ogg file", null),
          file("664C6143", "a FLAC file", null),
          file("50415231", "a Parquet file", null),
          file(4, "66747970", "a video or image (MP4, HEIC)", null));

  /** Of a PKZIP archive, by what its first entry is called or holds. */
  private static final byte[] ZIP = {'P', 'K', 3, 4};

  private static final Set<String> DOCUMENTS =
      Set.of("[Content_Types].xml", "word/", "application/epub", "application/vnd.oasis");

  private static Signature encoded(String mark, Charset encoding) {
    return new Signature(0, HexFormat.of().parseHex(mark), text(encoding, true));
  }

  private static Signature file(String bytes, String name, String command) {
    return file(0, bytes, name, command);
  }

  /**
   * @param command that makes a text of it; null: there is none
   */
  private static Signature file(int offset, String bytes, String name, String command) {
    String remedy = command == null ? NO_REMEDY : making(StandardCharsets.UTF_8, command);
    return new Signature(
        offset, HexFormat.of().parseHex(bytes), new FileKind(name, remedy, null, false));
  }

  private static FileKind text(Charset encoding, boolean marked) {
    String command = "iconv -f " + encoding + " -t UTF-8 %1$s > %2$s";
    String remedy = making(StandardCharsets.UTF_8, command);
    return new FileKind("a text in " + encoding, remedy, encoding, marked);
  }

  /** A text in UTF-8, where another encoding was chosen. */
  static FileKind utf8(Charset chosen) {
    String remedy = making(chosen, "iconv -f UTF-8 -t " + chosen + " %1$s > %2$s");
    return new FileKind("a text in UTF-8", remedy, StandardCharsets.UTF_8, false);
  }

  private static String making(Charset encoding, String command) {
    return "make a text in " + encoding + " of it: " + command;
  }

  /**
   * The kind of a file that begins with these bytes; null: a text in the encoding, as far as they
   * show.
   */
  static FileKind of(byte[] head, int length, Charset chosen) {
    for (Signature signature : SIGNATURES) {
      if (signature.isIn(head, length)) {
        return signature.kind();
      }
    }
    if (new Signature(0, ZIP, null).isIn(head, length)) {
      return archive(new String(head, 0, length, StandardCharsets.ISO_8859_1));
    }
    if (controls(new String(head, 0, Math.min(length, HEADER_BYTES), StandardCharsets.ISO_8859_1))
            .count()
        > 1) {
      for (Signature signature : LETTERS) {
        if (signature.isIn(head, length)) {
          return signature.kind();
        }
      }
    }
    boolean zero = contains(head, length, 0);
    boolean other = length >= FEW_BYTES && decode(head, length, chosen) == null;
    FileKind wide = zero || other ? wide(head, length, zero) : null;
    if (wide != null) {
      return wide;
    }
    if (isBinary(new String(head, 0, length, chosen))) {
      return BINARY_FILE;
    }
    return isWide(chosen) && isUtf8(head, length) ? utf8(chosen) : null;
  }

  static boolean isWide(Charset encoding) {
    return encoding.name().matches("UTF-(16|32).*");
  }

  private static boolean isUtf8(byte[] head, int length) {
    String text = length < FEW_BYTES ? null : decode(head, length, StandardCharsets.UTF_8);
    return text != null && controls(text).findAny().isEmpty();
  }

  /** Many different control characters: other than delimiters, or what a terminal or C shows. */
  private static boolean isBinary(String text) {
    int[] found = controls(text).filter(c -> c > 0 && c < 0x1C).toArray();
    return found.length >= BINARY * text.length()
        && Arrays.stream(found).distinct().count() >= DIFFERENT;
  }

  private static IntStream controls(String text) {
    return text.chars().filter(c -> c < ' ' && "\b\t\n\f\r\u001b".indexOf(c) < 0);
  }

  private static FileKind archive(String head) {
    return DOCUMENTS.stream().anyMatch(head::contains)
        ? file("", "a document in a zip archive (docx, odt, epub)", "pandoc -t plain -o %2$s %1$s")
            .kind()
        : file("", "a zip archive", "unzip -p %1$s > %2$s").kind();
  }

  private static boolean contains(byte[] bytes, int length, int value) {
    for (int i = 0; i < length; i++) {
      if (bytes[i] == value) {
        return true;
      }
    }
    return false;
  }

  /**
   * A text in UTF-16 or UTF-32 without a mark: it can be decoded, and of the ways that it can, this
   * one finds the most characters that are frequent in texts. Null for a text with a few bytes of
   * zero among others.
   *
   * @param zero whether the bytes have a zero
   */
  private static FileKind wide(byte[] head, int length, boolean zero) {
    Charset best = null;
    double most = zero ? 0 : USUAL;
    for (Charset encoding : isAlmostAscii(head, length) ? List.<Charset>of() : WIDE) {
      double share = usual(decode(head, length, encoding), encoding);
      if (share > most) {
        best = encoding;
        most = share;
      }
    }
    return best == null ? null : text(best, false);
  }

  private static boolean isAlmostAscii(byte[] head, int length) {
    int others = 0;
    for (int i = 0; i < length; i++) {
      others += head[i] < ' ' && head[i] != '\n' && head[i] != '\r' && head[i] != '\t' ? 1 : 0;
    }
    return 10 * others < length;
  }

  /** The text, which may end within a character; null: the bytes are malformed. */
  private static String decode(byte[] head, int length, Charset encoding) {
    CharBuffer text = CharBuffer.allocate(2 * length + 1);
    boolean malformed =
        encoding.newDecoder().decode(ByteBuffer.wrap(head, 0, length), text, false).isError();
    return malformed ? null : text.flip().toString();
  }

  /**
   * The share of printable ASCII, line ends, kana and the punctuation of Chinese and Japanese. In
   * UTF-32, all characters count: other bytes cannot be decoded.
   */
  private static double usual(String text, Charset encoding) {
    if (text == null || text.indexOf(0) >= 0) {
      return 0;
    }
    boolean all = encoding.name().startsWith("UTF-32");
    long count =
        text.chars()
            .filter(
                c ->
                    all
                        || (c >= ' ' && c <= '~')
                        || c == '\n'
                        || c == '\t'
                        || (c >= 0x3000 && c <= 0x30FF)
                        || (c >= 0xFF00 && c <= 0xFF60))
            .count();
    return (double) count / text.length();
  }

  /**
   * Why a file of this kind cannot be read in an encoding, with the way out; null if it can.
   *
   * @param file its name
   */
  String refusal(String file, Charset chosen) {
    String shown = ShellWord.shown(file);
    String way = remedy.formatted(ShellWord.of(file), ShellWord.of(newText(file)));
    if (encoding == null) {
      return "%s: %s, not a text; %s".formatted(shown, name, way);
    }
    if (isReadIn(chosen)) {
      return null;
    }
    return "%s: %s; set data.encoding: %s (evaluate: --encoding), or %s"
        .formatted(shown, name, encoding, way);
  }

  /** Whether an encoding reads a text of this kind. */
  boolean isReadIn(Charset chosen) {
    boolean family =
        encoding.name().startsWith(chosen.name()); // UTF-16 reads a mark, or is UTF-16BE
    return chosen.equals(encoding) || (family && (marked || encoding.name().endsWith("BE")));
  }

  /** The name of a file that does not exist, for a text made of this one. */
  static String newText(String file) {
    String name = file + ".txt";
    for (int i = 2; Files.exists(Path.of(name)); i++) {
      name = file + "-" + i + ".txt";
    }
    return name;
  }
}
