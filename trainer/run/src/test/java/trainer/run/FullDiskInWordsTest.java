package trainer.run;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The C library translates error messages if a catalogue for the language is installed, as on most
 * non-English desktops. Needs root on Linux to install one for a process; skipped elsewhere.
 */
@Tag("slow")
final class FullDiskInWordsTest {
  private static final byte[] ENGLISH = "No space left on device\0".getBytes(US_ASCII);
  private static final byte[] GERMAN = "Kein Platz mehr\0".getBytes(US_ASCII);
  private static final int TABLES = 28; // bytes before them
  private static final int STRINGS = TABLES + 16;

  @TempDir private Path catalogues;

  @Test
  void aFullDiskIsUnderstoodInAnyLanguage() throws Exception {
    Path folder = Files.createDirectories(catalogues.resolve("de/LC_MESSAGES"));
    Files.write(folder.resolve("libc.mo"), catalogue());
    ProcessBuilder builder =
        new ProcessBuilder(
            "unshare",
            "--mount",
            "sh",
            "-c",
            "mount --bind \"$0\" /usr/share/locale && exec \"$@\"",
            catalogues.toString(),
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            System.getProperty("java.class.path"),
            FullDiskInWords.class.getName());
    builder.environment().put("LC_ALL", "C.UTF-8");
    builder.environment().put("LANGUAGE", "de");
    Process process = builder.start();
    String said = new String(process.getInputStream().readAllBytes(), US_ASCII);

    assumeTrue(process.waitFor() == 0, "no catalogue can be put in its place here");
    assertThat(said).isEqualTo("Kein Platz mehr: true");
  }

  /** A message catalogue in gettext's binary form, with one message. */
  private static byte[] catalogue() {
    return ByteBuffer.allocate(STRINGS + ENGLISH.length + GERMAN.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(0x950412de) // magic
        .putInt(0) // revision
        .putInt(1) // messages
        .putInt(TABLES) // of the originals
        .putInt(TABLES + 8) // of the translations
        .putInt(0) // no hash table
        .putInt(STRINGS)
        .putInt(ENGLISH.length - 1)
        .putInt(STRINGS)
        .putInt(GERMAN.length - 1)
        .putInt(STRINGS + ENGLISH.length)
        .put(ENGLISH)
        .put(GERMAN)
        .array();
  }
}
