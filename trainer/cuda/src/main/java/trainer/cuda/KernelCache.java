package trainer.cuda;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compiled kernels on disk, so that only the first start of a version on a kind of GPU compiles. A
 * file is named by the SHA-256 of all that decides its content and holds, before the content, the
 * content's own, so that a damaged file counts as missing. A folder that cannot be written costs
 * the seconds it takes to compile.
 *
 * @param folder where the files are; null: nowhere
 */
public record KernelCache(Path folder) {
  private static final Logger LOG = LoggerFactory.getLogger(KernelCache.class);

  /** The setting: a folder, or {@code off}. */
  static final String SETTING = "trainer.cuda.cache";

  private static final String FOLDER = "character-rnn-trainer";
  private static final int HASH_BYTES = 32;

  /** As the setting says; else the user's folder for such files. */
  public static KernelCache ofThisMachine() {
    String setting = System.getProperty(SETTING);
    if (setting != null) {
      return new KernelCache(setting.equals("off") ? null : Path.of(setting));
    }
    return new KernelCache(
        folder(System.getenv("XDG_CACHE_HOME"), System.getProperty("user.home")));
  }

  /**
   * @param caches where all programs keep such files; null or empty: below the user's home
   * @param home {@code ?} where Java finds none: nowhere
   */
  static Path folder(String caches, String home) {
    if (caches != null && !caches.isEmpty()) {
      return Path.of(caches, FOLDER);
    }
    return home.equals("?") ? null : Path.of(home, ".cache", FOLDER);
  }

  /** A source as compiled for a target, {@code sm_…} or {@code compute_…}. */
  public byte[] compiled(String source, Nvrtc compiler, int driverVersion, String target) {
    List<String> options = List.of("--gpu-architecture=" + target, "--std=c++17");
    if (folder == null) {
      return compiler.compile(source, options);
    }
    String key = String.join("\n", source, options.toString(), "" + compiler.version());
    Path file = folder.resolve(hex(key + "\n" + driverVersion) + ".kernels");
    byte[] image = read(file);
    if (image == null) {
      image = compiler.compile(source, options);
      write(file, image);
    }
    return image;
  }

  private static byte[] read(Path file) {
    try {
      if (!Files.exists(file)) {
        return null;
      }
      byte[] content = Files.readAllBytes(file);
      if (content.length <= HASH_BYTES) {
        return null;
      }
      byte[] image = Arrays.copyOfRange(content, HASH_BYTES, content.length);
      byte[] expected = Arrays.copyOf(content, HASH_BYTES);
      return MessageDigest.isEqual(sha256(image), expected) ? image : null;
    } catch (IOException e) {
      LOG.debug("cannot read {}", file, e);
      return null;
    }
  }

  private static void write(Path file, byte[] image) {
    byte[] content = Arrays.copyOf(sha256(image), HASH_BYTES + image.length);
    System.arraycopy(image, 0, content, HASH_BYTES, image.length);
    try {
      Files.createDirectories(file.getParent());
      Path aside = Files.createTempFile(file.getParent(), "kernels", ".part");
      try {
        Files.write(aside, content);
        Files.move(
            aside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      } finally {
        Files.deleteIfExists(aside);
      }
    } catch (IOException e) {
      LOG.debug("cannot keep compiled kernels in {}", file, e);
    }
  }

  private static String hex(String text) {
    return HexFormat.of().formatHex(sha256(text.getBytes(StandardCharsets.UTF_8)));
  }

  private static byte[] sha256(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
