package trainer.file;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.ReadOnlyFileSystemException;
import java.nio.file.StandardOpenOption;

/**
 * Writes files that appear whole or not at all, whenever the process or the machine stops: aside in
 * the same directory, fsync, rename, fsync of the directory.
 *
 * <p>The name aside is fixed ({@code .NAME.part}), so that what a killed process left is written
 * over by the next one and never adds up; two processes must not write the same file at once, which
 * a run directory's lock sees to.
 */
public final class AtomicFile {
  private static final int BUFFER_BYTES = 1 << 16;

  private AtomicFile() {}

  /** Writes a file's content. */
  @FunctionalInterface
  public interface Body {
    void writeTo(OutputStream out) throws IOException;
  }

  /**
   * Writes a file from what the body gives; on any failure the old file stays as it was.
   *
   * @throws FileException if it cannot be written
   */
  public static void write(Path file, Body body) {
    Path aside = aside(file);
    try {
      try {
        // A link that somebody left under this name must not lead the write elsewhere.
        Files.deleteIfExists(aside);
        try (FileChannel channel =
            FileChannel.open(aside, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW)) {
          OutputStream out =
              new BufferedOutputStream(Channels.newOutputStream(channel), BUFFER_BYTES);
          body.writeTo(out);
          out.flush();
          channel.force(true);
        }
        DurableNames.rename(aside, file);
      } finally {
        Files.deleteIfExists(aside);
      }
    } catch (IOException e) {
      throw FileException.of(file, "cannot be written", e, remedy(e));
    } catch (ReadOnlyFileSystemException e) {
      throw new FileException(file + ": cannot be written (read-only file system)", e);
    }
  }

  /** Writes a text file, UTF-8. */
  public static void write(Path file, String text) {
    write(file, out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
  }

  /**
   * Gives an existing file a second name, replacing what had it: a hard link where the file system
   * has them, else a copy.
   */
  public static void link(Path existing, Path name) {
    Path aside = aside(name);
    try {
      Files.deleteIfExists(aside);
      Files.createLink(aside, existing);
      DurableNames.rename(aside, name);
      // Renaming one link of a file to another of the same file does nothing and leaves both.
      Files.deleteIfExists(aside);
    } catch (IOException | UnsupportedOperationException e) {
      write(name, out -> Files.copy(existing, out));
    }
  }

  /** The name that a file is written under before it is whole. */
  static Path aside(Path file) {
    return file.resolveSibling("." + file.getFileName() + ".part");
  }

  private static String remedy(IOException exception) {
    if (FileErrors.isFullDisk(exception)) {
      return "free some space; nothing that was there before is lost";
    }
    return "check that the directory exists and may be written to";
  }
}
