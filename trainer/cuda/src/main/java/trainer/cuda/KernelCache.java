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
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A cache of compiled kernels on disk: only the first start of a version on a GPU model compiles. A
 * file is named by the SHA-256 of its inputs. It starts with the SHA-256 of its content, so that a
 * damaged file counts as missing. If the folder is not writable, every start compiles.
 *
 * @param folder null: no cache
 */
public record KernelCache(Path folder) {
  private static final Logger LOG = LoggerFactory.getLogger(KernelCache.class);

  /** The setting: a folder, or {@code off}. */
  static final String SETTING = "trainer.cuda.cache";

  private static final String FOLDER = "character-rnn-trainer";
  private static final int HASH_BYTES = 32;

  /** The configured folder; by default the user's cache folder. */
  public static KernelCache ofThisMachine() {
    String setting = System.getProperty(SETTING);
    if (setting != null) {
      return new KernelCache(setting.equals("off") ? null : Path.of(setting));
    }
    return new KernelCache(
        folder(System.getenv("XDG_CACHE_HOME"), System.getProperty("user.home")));
  }

  /**
   * @param caches XDG_CACHE_HOME; null or empty: .cache in the home folder
   * @param home {@code ?} if Java finds none: no cache
   */
  static Path folder(String caches, String home) {
    if (caches != null && !caches.isEmpty()) {
      return Path.of(caches, FOLDER);
    }
    return home.equals("?") ? null : Path.of(home, ".cache", FOLDER);
  }

  /**
   * Compiles a source for a target, or reads it from the cache: {@code sm_…} or {@code compute_…}.
   */
  public byte[] compiled(String source, Nvrtc compiler, int driverVersion, String target) {
    List<String> options = List.of("--gpu-architecture=" + target, "--std=c++17");
    if (folder == null) {
      return compiler.compile(source, options);
    }
    String key = String.join("\n", source, options.toString(), "" + compiler.version());
    Path file = file(key + "\n" + driverVersion, ".kernels");
    byte[] image = read(file);
    if (image == null) {
      image = compiler.compile(source, options);
      write(file, image);
    }
    return image;
  }

  /** The text that was remembered for a key. */
  public Optional<String> recall(String key) {
    byte[] text = folder == null ? null : read(file(key, ".text"));
    return Optional.ofNullable(text).map(it -> new String(it, StandardCharsets.UTF_8));
  }

  /** Remembers a text, which must not be empty, for later processes. */
  public void remember(String key, String text) {
    if (folder != null) {
      write(file(key, ".text"), text.getBytes(StandardCharsets.UTF_8));
    }
  }

  private Path file(String key, String ending) {
    return folder.resolve(hex(key) + ending);
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
      LOG.debug("cannot write {}", file, e);
    }
  }

  private static String hex(String text) {
    return HexFormat.of().formatHex(sha256(text.getBytes(StandardCharsets.UTF_8)));
  }

  private static byte[] sha256(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
