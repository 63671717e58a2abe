package trainer.service.datasets;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Pattern;
import trainer.config.Configuration;
import trainer.file.DurableNames;
import trainer.service.Abandoned;
import trainer.service.PrivateFiles;

/** Stores uploaded texts in a dataset folder, atomically and only with the right checksum. */
public final class Uploads {
  /** Regular expression of a name; it cannot leave the folder. */
  public static final String NAME_FORM = Configuration.NEW_NAME_FORM;

  private static final Pattern NAME = Pattern.compile(NAME_FORM);

  /** Also files that were not uploaded. */
  private static final Pattern FOUND = Pattern.compile("[^./\\\\\0][^/\\\\\0]*");

  private static final String PART = ".upload-";
  private static final int BLOCK_BYTES = 1 << 16;
  private static final double PATIENCE_SECONDS = 30;
  private static final int LEAST_BYTES_PER_SECOND = 1000;

  private final Path folder;
  private final long mostBytes;
  private final Linking linking;

  /** Gives a file a second name, as {@link Files#createLink}. */
  @FunctionalInterface
  interface Linking {
    void link(Path name, Path file) throws IOException;
  }

  /**
   * @param mostBytes maximum size of a text
   */
  public Uploads(Path folder, long mostBytes) {
    this(folder, mostBytes, Files::createLink);
  }

  Uploads(Path folder, long mostBytes, Linking linking) {
    this.folder = folder.toAbsolutePath().normalize();
    this.mostBytes = mostBytes;
    this.linking = linking;
  }

  /** Maximum size of a text. */
  public long mostBytes() {
    return mostBytes;
  }

  /**
   * An uploaded text.
   *
   * @param created false if it replaced another
   */
  public record Taken(String name, long bytes, String sha256, boolean created) {}

  /** Reason of a refusal. */
  public enum Refusal {
    NAME,
    THERE_ALREADY,
    TOO_LARGE,
    TOO_SLOW,
    CUT_OFF,
    EMPTY,
    OTHER_CHECKSUM
  }

  /** A refused upload; the message is complete, and nothing is kept. */
  public static final class RefusedException extends Exception {
    private static final long serialVersionUID = 1;
    private final Refusal refusal;

    RefusedException(Refusal refusal, String message) {
      super(message);
      this.refusal = refusal;
    }

    public Refusal refusal() {
      return refusal;
    }
  }

  /**
   * Stores a text.
   *
   * @param sha256 expected checksum in hexadecimal digits, or null
   * @param replace whether it may replace an existing text
   * @throws IOException if it cannot be written
   */
  public Taken take(String name, InputStream in, String sha256, boolean replace)
      throws IOException, RefusedException {
    if (!NAME.matcher(name).matches()) {
      throw new RefusedException(
          Refusal.NAME, "'%s': a name has %s".formatted(name, Configuration.NEW_NAME_WORDS));
    }
    Path file = folder.resolve(name);
    checkPlace(file, replace);
    PrivateFiles.createFolders(folder);
    Path part = folder.resolve(PART + UUID.randomUUID());
    try {
      MessageDigest digest = digest();
      long bytes = write(in, part, digest);
      if (bytes == 0) {
        throw new RefusedException(Refusal.EMPTY, name + ": the text is empty");
      }
      String found = HexFormat.of().formatHex(digest.digest());
      if (sha256 != null && !sha256.equalsIgnoreCase(found)) {
        throw new RefusedException(
            Refusal.OTHER_CHECKSUM,
            "%s: the upload has SHA-256 %s, not %s: send it again".formatted(name, found, sha256));
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
          ("%s exists: choose another name, or replace it"
                  + " (?replace=true, or 'texts upload FILE --replace')")
              .formatted(file.getFileName()));
    }
  }

  private long write(InputStream in, Path part, MessageDigest digest)
      throws IOException, RefusedException {
    long start = System.nanoTime();
    long bytes = 0;
    byte[] block = new byte[BLOCK_BYTES];
    try (FileChannel channel =
        FileChannel.open(
            part,
            Set.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW),
            PrivateFiles.FILE.attributes(part))) {
      for (int read = read(in, block); read >= 0; read = read(in, block)) {
        bytes += read;
        if (bytes > mostBytes) {
          throw new RefusedException(
              Refusal.TOO_LARGE,
              String.format(Locale.ROOT, "a text may have at most %,d bytes", mostBytes));
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        if (seconds > PATIENCE_SECONDS && bytes < seconds * LEAST_BYTES_PER_SECOND) {
          throw new RefusedException(
              Refusal.TOO_SLOW,
              "the upload was slower than %d bytes per second".formatted(LEAST_BYTES_PER_SECOND));
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

  private static int read(InputStream in, byte[] block) throws RefusedException {
    try {
      return in.read(block);
    } catch (IOException e) {
      throw new RefusedException(Refusal.CUT_OFF, "the upload was cut off: send it again");
    }
  }

  /** Publishes the text under its name; returns whether the name was free. */
  private boolean put(Path part, Path file, boolean replace) throws IOException, RefusedException {
    try {
      // A hard link fails if the name is taken, also by a concurrent upload.
      linking.link(file, part);
    } catch (IOException | UnsupportedOperationException e) { // or there are none, as on SMB, FAT
      checkPlace(file, replace);
      boolean created = !Files.exists(file, LinkOption.NOFOLLOW_LINKS);
      DurableNames.rename(part, file);
      return created;
    }
    DurableNames.synchronize(file.toAbsolutePath().getParent());
    return true;
  }

  /**
   * Deletes a text of the folder of uploads.
   *
   * @return false if there is no such file
   */
  public boolean delete(String name) throws IOException {
    return FOUND.matcher(name).matches()
        && Files.isRegularFile(folder.resolve(name), LinkOption.NOFOLLOW_LINKS)
        && Files.deleteIfExists(folder.resolve(name));
  }

  /** Deletes partial uploads of killed services. */
  public void deleteAbandoned() throws IOException {
    for (Path part : Abandoned.in(folder, PART)) {
      Files.deleteIfExists(part);
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
