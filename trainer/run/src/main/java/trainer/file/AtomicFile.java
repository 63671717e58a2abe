package trainer.file;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.ReadOnlyFileSystemException;
import java.nio.file.StandardOpenOption;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * Writes files atomically, also across a power failure: a temporary file in the same directory,
 * fsync, rename, fsync of the directory.
 *
 * <p>The temporary name is fixed ({@code .NAME.part}), so that a killed process leaves at most one,
 * which the next write replaces. Two processes must not write the same file at once; a run
 * directory's lock ensures that, and {@link #writeAmongOthers} does without it.
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
   * Writes a file; on failure the old one is unchanged.
   *
   * @throws FileException if it cannot be written
   */
  public static void write(Path file, Body body) {
    write(file, aside(file), false, body);
  }

  /**
   * Writes a file that other processes may write at the same time: the last one stays. If this
   * process is killed, its temporary file stays too, until {@link #deleteAbandoned}.
   *
   * @throws FileException if it cannot be written
   */
  public static void writeAmongOthers(Path file, Body body) {
    Path aside = aside(file.resolveSibling(file.getFileName() + "." + UUID.randomUUID()));
    write(file, aside, true, body);
  }

  /**
   * Deletes the temporary files of {@link #writeAmongOthers} whose processes were killed: nobody
   * holds their lock. Where the file system has no locks, they stay.
   */
  public static void deleteAbandoned(Path file) {
    Pattern form =
        Pattern.compile(Pattern.quote("." + file.getFileName()) + "\\.[0-9a-f-]{36}\\.part");
    try (DirectoryStream<Path> parts =
        Files.newDirectoryStream(
            file.toAbsolutePath().getParent(),
            part -> form.matcher(part.getFileName().toString()).matches())) {
      for (Path part : parts) {
        deleteUnlessLocked(part);
      }
    } catch (IOException | DirectoryIteratorException e) {
      return; // the next one tries again
    }
  }

  private static void deleteUnlessLocked(Path part) throws IOException {
    try (FileChannel channel =
        FileChannel.open(part, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
      if (lock(channel)) {
        Files.deleteIfExists(part);
      }
    }
  }

  /** Locks a file until it is closed, unless another process or thread has. */
  private static boolean lock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      return false;
    }
  }

  private static FileChannel create(Path aside) throws IOException {
    return FileChannel.open(aside, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);
  }

  /** Creates a file under a lock; again if it was taken for abandoned before. */
  private static FileChannel createLocked(Path aside) throws IOException {
    while (true) {
      FileChannel channel = create(aside);
      try {
        if (lock(channel) && Files.exists(aside)) {
          return channel;
        }
      } catch (IOException e) {
        return channel; // a file system without locks
      }
      channel.close();
      Files.deleteIfExists(aside);
    }
  }

  private static void write(Path file, Path aside, boolean locked, Body body) {
    try {
      try {
        // An existing link must not redirect the write.
        Files.deleteIfExists(aside);
        try (FileChannel channel = locked ? createLocked(aside) : create(aside)) {
          OutputStream out =
              new BufferedOutputStream(Channels.newOutputStream(channel), BUFFER_BYTES);
          body.writeTo(out);
          out.flush();
          channel.force(true);
          if (locked) {
            DurableNames.rename(aside, file);
          }
        }
        if (!locked) { // a file in a zip has its name only now
          DurableNames.rename(aside, file);
        }
      } finally {
        Files.deleteIfExists(aside);
      }
    } catch (IOException e) {
      throw FileException.of(file, "cannot be written", e, remedy(e));
    } catch (ReadOnlyFileSystemException e) {
      throw new FileException(
          ShellWord.shown(file) + ": cannot be written (read-only file system)", e);
    }
  }

  /** Writes a text file, UTF-8. */
  public static void write(Path file, String text) {
    write(file, out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
  }

  /**
   * Gives an existing file a second name, replacing its holder: a hard link where supported, else a
   * copy.
   */
  public static void link(Path existing, Path name) {
    Path aside = aside(name);
    try {
      Files.deleteIfExists(aside);
      Files.createLink(aside, existing);
      DurableNames.rename(aside, name);
      // Renaming a link to another link of the same file is a no-op that leaves both.
      Files.deleteIfExists(aside);
    } catch (IOException | UnsupportedOperationException e) {
      write(name, out -> Files.copy(existing, out));
    }
  }

  /** The temporary name of a file. */
  static Path aside(Path file) {
    return file.resolveSibling("." + file.getFileName() + ".part");
  }

  private static String remedy(IOException exception) {
    if (FileErrors.isFullDisk(exception)) {
      return "free some space; the existing file is unchanged";
    }
    return "check that the directory exists and is writable";
  }
}
