package trainer.text;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import trainer.file.ShellWord;

/**
 * What a file is that is no text, or a text in UTF-16 or UTF-32, by its first bytes.
 *
 * @param name such as {@code a gzip file}
 * @param command that makes a text of it, with {@code %1$s} for the file and {@code %2$s} for the
 *     text; null: there is none
 * @param encoding of a text; null: it is no text
 * @param marked whether the text begins with a byte order mark
 */
record FileKind(String name, String command, Charset encoding, boolean marked) {
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
          file("1F8B", "a gzip file", "gzip -dc %1$s > %2$s"),
          file(4, "314159265359", "a bzip2 file", "bzip2 -dc %1$s > %2$s"),
          file("FD377A585A00", "an xz file", "xz -dc %1$s > %2$s"),
          file("28B52FFD", "a zstd file", "zstd -dc %1$s > %2$s"),
          file("04224D18", "an lz4 file", "lz4 -dc %1$s > %2$s"),
          file("1F9D", "a file of compress", "gzip -dc %1$s > %2$s"),
          file("377ABCAF271C", "a 7-Zip archive", "7z x -so %1$s > %2$s"),
          file("526172211A07", "a RAR archive", "unrar p -inul %1$s > %2$s"),
          file("255044462D", "a PDF document", "pdftotext %1$s %2$s"),
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
          file(257, "7573746172", "a tar archive", "tar -xOf %1$s > %2$s"));

  /** Those of letters only, which are texts unless bytes of zero follow. */
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

  private static Signature file(int offset, String bytes, String name, String command) {
    return new Signature(
        offset, HexFormat.of().parseHex(bytes), new FileKind(name, command, null, false));
  }

  private static FileKind text(Charset encoding, boolean marked) {
    String command = "iconv -f " + encoding + " -t UTF-8 %1$s > %2$s";
    return new FileKind("a text in " + encoding, command, encoding, marked);
  }

  /** The kind of a file that begins with these bytes; null: a text, as far as they show. */
  static FileKind of(byte[] head, int length) {
    for (Signature signature : SIGNATURES) {
      if (signature.isIn(head, length)) {
        return signature.kind();
      }
    }
    if (new Signature(0, ZIP, null).isIn(head, length)) {
      return archive(new String(head, 0, length, StandardCharsets.ISO_8859_1));
    }
    if (!contains(head, length, 0)) {
      return null;
    }
    for (Signature signature : LETTERS) {
      if (signature.isIn(head, length)) {
        return signature.kind();
      }
    }
    return wide(head, length);
  }

  private static FileKind archive(String head) {
    return DOCUMENTS.stream().anyMatch(head::contains)
        ? new FileKind(
            "a document in a zip archive (docx, odt, epub)",
            "pandoc -t plain -o %2$s %1$s",
            null,
            false)
        : new FileKind("a zip archive", "unzip -p %1$s > %2$s", null, false);
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
   * one finds the most spaces, line ends and letters of ASCII. Null for a text with a few bytes of
   * zero among others.
   */
  private static FileKind wide(byte[] head, int length) {
    Charset best = null;
    long most = 0;
    for (Charset encoding : isAlmostAscii(head, length) ? List.<Charset>of() : WIDE) {
      long count = ascii(head, length, encoding);
      if (count > most) {
        best = encoding;
        most = count;
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

  /** The number of printable ASCII characters and line ends, or 0 if the bytes are malformed. */
  private static long ascii(byte[] head, int length, Charset encoding) {
    CharBuffer text = CharBuffer.allocate(length);
    if (encoding.newDecoder().decode(ByteBuffer.wrap(head, 0, length), text, false).isError()) {
      return 0;
    }
    String decoded = text.flip().toString();
    return decoded.indexOf(0) >= 0
        ? 0
        : decoded.chars().filter(c -> (c >= ' ' && c <= '~') || c == '\n' || c == '\t').count();
  }

  /**
   * Why a file of this kind cannot be read in an encoding, with the way out; null if it can.
   *
   * @param file its name
   */
  String refusal(String file, Charset chosen) {
    if (encoding == null) {
      return "%s: %s, not a text; %s".formatted(file, name, remedy(file));
    }
    boolean family =
        encoding.name().startsWith(chosen.name()); // UTF-16 reads a mark, or is UTF-16BE
    if (chosen.equals(encoding) || (family && (marked || encoding.name().endsWith("BE")))) {
      return null;
    }
    return "%s: %s; set data.encoding: %s (evaluate: --encoding), or %s"
        .formatted(file, name, encoding, remedy(file));
  }

  private String remedy(String file) {
    return command == null
        ? "save its text as a file"
        : "make a text in UTF-8 of it: "
            + command.formatted(ShellWord.of(file), ShellWord.of(file + ".txt"));
  }
}
