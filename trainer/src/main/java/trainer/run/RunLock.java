package trainer.run;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Keeps a second trainer out of a run directory. The operating system holds the lock, on this
 * machine and on file systems shared with others, and lets it go when the process ends, however it
 * ends; the file itself stays, and its content only says who had it last.
 */
public final class RunLock implements AutoCloseable {
  private static final int MAXIMUM_HOLDER = 300;

  // Closing any channel of a file gives up the locks that this process has on it, whichever
  // channel took them: a file that is held must not be opened again.
  private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

  private final Path file;
  private final Path key;
  private final FileChannel channel;

  private RunLock(Path file, Path key, FileChannel channel) {
    this.file = file;
    this.key = key;
    this.channel = channel;
  }

  /**
   * Takes the lock.
   *
   * @throws RunException if somebody holds it, or the file system has no locks
   */
  static RunLock take(Path file) {
    try {
      Path key = file.toAbsolutePath().getParent().toRealPath().resolve(file.getFileName());
      if (!HELD.add(key)) {
        throw refusal(file, "this very process");
      }
      try {
        return new RunLock(file, key, lock(file));
      } catch (IOException | RuntimeException e) {
        HELD.remove(key);
        throw e;
      }
    } catch (IOException e) {
      throw RunException.of(
          file,
          "cannot be locked",
          e,
          "name a run directory with --output that may be written to, on a file system with locks");
    }
  }

  private static FileChannel lock(Path file) throws IOException {
    FileChannel channel =
        FileChannel.open(
            file,
            Set.of(
                StandardOpenOption.READ,
                StandardOpenOption.WRITE,
                StandardOpenOption.CREATE,
                LinkOption.NOFOLLOW_LINKS));
    try {
      if (channel.tryLock() == null) {
        throw refusal(file, holder(channel));
      }
      channel.truncate(0);
      String holder = "host %s, process %d\n".formatted(Machine.host(), Machine.process());
      channel.write(ByteBuffer.wrap(holder.getBytes(StandardCharsets.UTF_8)), 0);
      return channel;
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  private static RunException refusal(Path file, String holder) {
    return new RunException(
        "%s: another trainer is writing here (%s): wait for it, stop it, or name another run"
                .formatted(file.getParent(), holder)
            + " directory with --output");
  }

  private static String holder(FileChannel channel) throws IOException {
    ByteBuffer content = ByteBuffer.allocate(MAXIMUM_HOLDER);
    channel.read(content, 0);
    String text = StandardCharsets.UTF_8.decode(content.flip()).toString().strip();
    String shown = text.replaceAll("[^\\p{Graph} ]", "?");
    return shown.isEmpty() ? "it has not said who it is" : shown;
  }

  /** Lets the next trainer in. */
  @Override
  public void close() {
    try (channel) {
      channel.truncate(0);
    } catch (IOException e) {
      throw RunException.of(file, "cannot be unlocked", e, "it is free once this process ends");
    } finally {
      HELD.remove(key);
    }
  }
}
