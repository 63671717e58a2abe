package trainer.run;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import trainer.file.FileErrors;
import trainer.file.FileException;

/**
 * Keeps a second trainer out of a run directory. The operating system holds the lock, on this
 * machine and on file systems shared with others, and lets it go when the process ends, however it
 * ends; the file itself stays where a run has begun, and its content says who had it last. Where
 * the lock was lost nevertheless, {@link #requireHeld} finds out.
 */
public final class RunLock implements AutoCloseable {
  private static final int MAXIMUM_HOLDER = 300;

  /** Each fails only where another trainer has just removed the file. */
  private static final int TRIES = 1000;

  private static final Set<OpenOption> OPEN =
      Set.of(
          StandardOpenOption.READ,
          StandardOpenOption.WRITE,
          StandardOpenOption.CREATE,
          LinkOption.NOFOLLOW_LINKS);
  private static final Set<OpenOption> READ =
      Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);

  // Closing any channel of a file gives up the locks that this process has on it, whichever
  // channel took them: a file that is held must not be opened again.
  private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

  private final RunDirectory run;
  private final boolean made;
  private final Path key;
  private final String holder;
  private final FileChannel channel;
  private final FileChannel witness; // of the same file: closing it would give up the lock
  private boolean moved; // what has the directory's name now is somebody else's

  private RunLock(
      RunDirectory run,
      boolean made,
      Path key,
      String holder,
      FileChannel channel,
      FileChannel witness) {
    this.run = run;
    this.made = made;
    this.key = key;
    this.holder = holder;
    this.channel = channel;
    this.witness = witness;
  }

  /**
   * Takes the lock.
   *
   * @param made whether the directory was made for this run, and is to go if the run does not begin
   * @throws RunException if somebody holds it, or the file system has no locks
   */
  static RunLock take(RunDirectory run, boolean made) {
    Path file = run.lock();
    try {
      Path key = file.toAbsolutePath().getParent().toRealPath().resolve(file.getFileName());
      if (!HELD.add(key)) {
        throw refusal(file, "this very process");
      }
      try {
        for (int i = 0; i < TRIES; i++) {
          Optional<RunLock> lock = tryTake(run, made, key);
          if (lock.isPresent()) {
            return lock.get();
          }
        }
        throw new IOException("it is not the file that was written to, %d times".formatted(TRIES));
      } catch (IOException | RuntimeException e) {
        HELD.remove(key);
        throw e;
      }
    } catch (IOException e) {
      throw FileException.of(
          file,
          "cannot be locked",
          e,
          "name a run directory with --output that may be written to, on a file system with locks");
    }
  }

  /**
   * Empty where the file that was locked is not the one of that name: who held it before removed it
   * with the directory, and another may be there.
   */
  private static Optional<RunLock> tryTake(RunDirectory run, boolean made, Path key)
      throws IOException {
    if (Files.isDirectory(run.lock())) {
      throw new DirectoryNotEmptyException(run.lock().toString());
    }
    FileChannel channel = FileChannel.open(run.lock(), OPEN);
    try {
      if (channel.tryLock(0, MAXIMUM_HOLDER, false) == null) {
        throw refusal(run.lock(), content(channel));
      }
      String holder = printable("host %s, process %d".formatted(Machine.host(), Machine.process()));
      channel.truncate(0);
      channel.write(ByteBuffer.wrap((holder + "\n").getBytes(StandardCharsets.UTF_8)), 0);
      channel.force(false); // so that other machines see it
      FileChannel witness = FileChannel.open(run.lock(), READ);
      if (content(witness).equals(holder)) {
        return Optional.of(new RunLock(run, made, key, holder, channel, witness));
      }
      witness.close();
    } catch (NoSuchFileException e) {
      channel.close();
      return Optional.empty();
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
    channel.close();
    return Optional.empty();
  }

  private static RunException refusal(Path file, String holder) {
    return new RunException(
        "%s: another trainer is writing here (%s): wait for it, stop it, or name another run"
                .formatted(
                    file.getParent(), holder.isEmpty() ? "it has not said who it is" : holder)
            + " directory with --output",
        new FileSystemException(file.toString(), null, "held by " + holder));
  }

  private static String content(FileChannel channel) throws IOException {
    ByteBuffer content = ByteBuffer.allocate(MAXIMUM_HOLDER);
    channel.read(content, 0);
    return printable(StandardCharsets.UTF_8.decode(content.flip()).toString().strip());
  }

  private static String printable(String text) {
    return text.replaceAll("[^\\p{Graph} ]", "?");
  }

  /** What it keeps others out of. */
  public RunDirectory directory() {
    return run;
  }

  /**
   * Makes sure that the directory is still this trainer's, before something is written there. A
   * file system shared with other machines gives the lock of a machine that it does not hear of to
   * the next who asks; one that is mounted without locks gives it to everybody.
   *
   * @throws RunException if it has been lost
   */
  public void requireHeld() {
    String reason;
    try {
      String now = holderNow();
      if (now.equals(holder)) {
        return;
      }
      reason = now.isEmpty() ? "its lock is empty" : now;
    } catch (IOException e) {
      reason = FileErrors.reason(e);
    }
    throw new RunException(
        ("%s: is no longer this trainer's (%s): this machine was cut off from the file system for a"
                + " while, or that has no locks; let the other trainer go on, or begin again")
            .formatted(run.path(), reason),
        new FileSystemException(run.lock().toString(), null, reason));
  }

  /** As every machine sees it: who asks for a lock is not shown what was there a while ago. */
  @SuppressWarnings("try") // the lock is taken for its effect
  private String holderNow() throws IOException {
    try (FileLock beyond = channel.tryLock(MAXIMUM_HOLDER, 1, false)) {
      return content(channel);
    }
  }

  /** Whether {@link #requireHeld} would say so. */
  public boolean isHeld() {
    try {
      return holderNow().equals(holder);
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * Renames the directory with all that is in it, and gives it up.
   *
   * @throws RunException if it cannot be renamed; it is then held as before
   */
  public void moveAside(Path aside) {
    try {
      Files.move(run.path(), aside);
    } catch (IOException e) {
      throw FileException.of(
          run.path(), "cannot be renamed to " + aside, e, "name another directory with --output");
    }
    moved = true;
    close();
  }

  /**
   * Lets the next trainer in, once. Of a run that did not begin, nothing stays; what another has
   * taken stays as it is.
   */
  @Override
  public void close() {
    if (!channel.isOpen()) {
      return;
    }
    try (channel;
        witness) {
      if (!isHeld()) {
        return;
      }
      channel.truncate(0);
      if (!moved) {
        run.clearUnlessBegun(made);
      }
    } catch (IOException e) {
      throw FileException.of(
          run.lock(), "cannot be unlocked", e, "it is free once this process ends");
    } finally {
      HELD.remove(key);
    }
  }
}
