package trainer.service.registry;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import trainer.file.Sha256;
import trainer.run.DamagedException;
import trainer.run.RunFileJson;

/** Checks a checkpoint without loading it: its manifest has the SHA-256 of every other entry. */
final class CheckpointFile {
  private static final String MANIFEST = "trainer/manifest.json";

  private CheckpointFile() {}

  /**
   * Reads the whole file.
   *
   * @throws DamagedException if it is not as it was written
   */
  static void check(Path file) throws IOException {
    try (ZipFile zip = new ZipFile(file.toFile())) {
      JsonNode checksums = manifest(zip).path("sha256");
      for (Map.Entry<String, JsonNode> checksum : checksums.properties()) {
        if (!sha256(zip, checksum.getKey()).equals(checksum.getValue().asText())) {
          throw new DamagedException(
              "its entry %s has another SHA-256 than its manifest says"
                  .formatted(checksum.getKey()));
        }
      }
    } catch (ZipException | EOFException e) {
      throw new DamagedException("it is not a whole zip file");
    }
  }

  private static ZipEntry entry(ZipFile zip, String name) throws DamagedException {
    ZipEntry entry = zip.getEntry(name);
    if (entry == null) {
      throw new DamagedException("its entry %s is missing".formatted(name));
    }
    return entry;
  }

  private static JsonNode manifest(ZipFile zip) throws IOException {
    ZipEntry entry = entry(zip, MANIFEST);
    byte[] bytes;
    try (InputStream in = zip.getInputStream(entry)) {
      bytes = in.readAllBytes();
    }
    CRC32 crc = new CRC32();
    crc.update(bytes);
    if (crc.getValue() != entry.getCrc()) {
      throw new DamagedException("its entry %s has another CRC-32".formatted(MANIFEST));
    }
    return RunFileJson.parse(new String(bytes, StandardCharsets.UTF_8), MANIFEST);
  }

  private static String sha256(ZipFile zip, String name) throws IOException {
    MessageDigest digest = Sha256.digest();
    byte[] block = new byte[1 << 16];
    try (InputStream in = zip.getInputStream(entry(zip, name))) {
      for (int read = in.read(block); read >= 0; read = in.read(block)) {
        digest.update(block, 0, read);
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }
}
