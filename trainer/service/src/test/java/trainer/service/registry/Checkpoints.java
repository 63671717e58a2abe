package trainer.service.registry;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import trainer.file.Sha256;

/** Checkpoints for tests: a text in the place of a network. Equal texts make equal files. */
public final class Checkpoints {
  private static final String ENTRY = "text";

  private Checkpoints() {}

  /** Writes a checkpoint. */
  public static void write(Path file, String text) throws IOException {
    String manifest = "{\"sha256\": {\"%s\": \"%s\"}}".formatted(ENTRY, Sha256.hex(text));
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
      put(zip, "trainer/manifest.json", manifest);
      put(zip, ENTRY, text);
    }
  }

  private static void put(ZipOutputStream zip, String name, String text) throws IOException {
    ZipEntry entry = new ZipEntry(name);
    entry.setTime(0);
    zip.putNextEntry(entry);
    zip.write(text.getBytes(UTF_8));
  }

  /** The text of a checkpoint. */
  public static String read(Path file) throws IOException {
    try (ZipFile zip = new ZipFile(file.toFile())) {
      return new String(zip.getInputStream(zip.getEntry(ENTRY)).readAllBytes(), UTF_8);
    }
  }
}
