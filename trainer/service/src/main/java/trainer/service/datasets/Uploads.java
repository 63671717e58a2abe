package trainer.service.datasets;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import trainer.config.Configuration;
import trainer.file.DurableNames;

/**
 * Takes texts that are sent over the network into a dataset folder: whole and with the right
 * checksum, or not at all.
 */
public final class Uploads {
  /** Form of a name, as a regular expression: of a file in the folder itself, and of no other. */
  public static final String NAME_FORM = Configuration.NAME_FORM;

  private static final Pattern NAME = Pattern.compile(NAME_FORM);
  private static final String PART = ".upload-";
  private static final Duration ABANDONED = Duration.ofDays(1);
  private static final int BLOCK_BYTES = 1 << 16;
  private static final double PATIENCE_SECONDS = 30;
  private static final int LEAST_BYTES_PER_SECOND = 1000;

  private final Path folder;
  private final long mostBytes;

  /**
   * @param folder where the texts are put
   * @param mostBytes that a text may have
   */
  public Uploads(Path folder, long mostBytes) {
    this.folder = folder.toAbsolutePath().normalize();
    this.mostBytes = mostBytes;
  }

  /** How many bytes a text may have. */
  public long mostBytes() {
    return mostBytes;
  }

  /**
   * A text that was taken.
   *
   * @param created false where it took the place of an older one
   */
  public record Taken(String name, long bytes, String sha256, boolean created) {}

  /** Why a text was not taken. */
  public enum Refusal {
    NAME,
    THERE_ALREADY,
    TOO_LARGE,
    OTHER_CHECKSUM
  }

  /** A text was not taken; the message is complete. Nothing of it is left. */
  public static final class RefusedException extends Exception {
    private static final long serialVersionUID = 1;
    private final Refusal refusal;

    RefusedException(Refusal refusal, String message) {
      super(message);
      this.refusal = refusal;
    }

    /** Why. */
    public Refusal refusal() {
      return refusal;
    }
  }

  /**
   * Takes a text.
   *
   * @param sha256 that it must have, in hexadecimal digits, or null
   * @param replace whether it may take the place of an older one
   * @throws RefusedException if it is not taken
   * @throws IOException if it does not come whole or cannot be written
   */
  public Taken take(String name, InputStream in, String sha256, boolean replace)
      throws IOException, RefusedException {
    if (!NAME.matcher(name).matches()) {
      throw new RefusedException(
          Refusal.NAME,
          "'%s': a name has at most 100 letters, digits, '.', '_' and '-', and no '.' in front"
              .formatted(name));
    }
    Path file = folder.resolve(name);
    checkPlace(file, replace);
    Files.createDirectories(folder);
    Path part = folder.resolve(PART + UUID.randomUUID());
    try {
      MessageDigest digest = digest();
      long bytes = write(in, part, digest);
      String found = HexFormat.of().formatHex(digest.digest());
      if (sha256 != null && !sha256.equalsIgnoreCase(found)) {
        throw new RefusedException(
            Refusal.OTHER_CHECKSUM,
            "%s: what came has the SHA-256 %s, not %s: send it again"
                .formatted(name, found, sha256));
      }
      boolean created = put(part, file, replace);
      return new Taken(name, bytes, found, created);
    } finally {
      Files.deleteIfExists(part);
    }
  }

  private static void checkPlace(Path file, boolean replace) throws RefusedException {
    if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)
        && !(replace && Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS))) {
      throw new RefusedException(
          Refusal.THERE_ALREADY,
          "%s is there already: choose another name, or replace it with ?replace=true"
              .formatted(file.getFileName()));
    }
  }

  private long write(InputStream in, Path part, MessageDigest digest)
      throws IOException, RefusedException {
    long start = System.nanoTime();
    long bytes = 0;
    byte[] block = new byte[BLOCK_BYTES];
    try (FileChannel channel =
        FileChannel.open(part, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW)) {
      for (int read = in.read(block); read >= 0; read = in.read(block)) {
        bytes += read;
        if (bytes > mostBytes) {
          throw new RefusedException(
              Refusal.TOO_LARGE, "a text may have at most %,d bytes".formatted(mostBytes));
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        if (seconds > PATIENCE_SECONDS && bytes < seconds * LEAST_BYTES_PER_SECOND) {
          throw new IOException(
              "less than %d bytes came per second".formatted(LEAST_BYTES_PER_SECOND));
        }
        digest.update(block, 0, read);
        ByteBuffer buffer = ByteBuffer.wrap(block, 0, read);
        while (buffer.hasRemaining()) {
          channel.write(buffer);
        }
      }
      channel.force(true);
    }
    return bytes;
  }

  /** Gives the text its name for good; returns whether no other had it. */
  private static boolean put(Path part, Path file, boolean replace)
      throws IOException, RefusedException {
    try {
      // A link fails where the name is taken, also by somebody who was faster.
      Files.createLink(file, part);
      DurableNames.synchronize(file.toAbsolutePath().getParent());
      return true;
    } catch (FileAlreadyExistsException | UnsupportedOperationException e) {
      checkPlace(file, replace);
      boolean created = !Files.exists(file, LinkOption.NOFOLLOW_LINKS);
      DurableNames.rename(part, file);
      return created;
    }
  }

  /** Deletes what was left of texts whose service was killed while they came. */
  public void deleteAbandoned() throws IOException {
    if (!Files.isDirectory(folder)) {
      return;
    }
    Instant old = Instant.now().minus(ABANDONED); // another node may be taking one now
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        if (file.getFileName().toString().startsWith(PART)
            && Files.getLastModifiedTime(file, LinkOption.NOFOLLOW_LINKS)
                .toInstant()
                .isBefore(old)) {
          Files.deleteIfExists(file);
        }
      }
    }
  }

  private static MessageDigest digest() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }
}
