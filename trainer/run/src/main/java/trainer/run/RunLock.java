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
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import trainer.file.FileErrors;
import trainer.file.FileException;
import trainer.file.ShellWord;
import trainer.file.TrainerException;

/**
 * Keeps a second trainer out of a run directory. The lock is the operating system's, also on shared
 * file systems, and is released when the process ends or is killed. The file remains once a run has
 * begun, and names the last holder. {@link #requireHeld} detects a lost lock.
 */
public final class RunLock implements AutoCloseable {
  private static final int MAXIMUM_HOLDER = 300;

  /** An attempt fails only if another trainer removed the file in between. */
  private static final int TRIES = 1000;

  private static final Set<OpenOption> OPEN =
      Set.of(
          StandardOpenOption.READ,
          StandardOpenOption.WRITE,
          StandardOpenOption.CREATE,
          LinkOption.NOFOLLOW_LINKS);
  private static final Set<OpenOption> READ =
      Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);

  // Closing any channel of a file releases all locks that this process has on it (POSIX): a locked
  // file must not be opened again.
  private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

  private final RunDirectory run;
  private final boolean made;
  private final Path key;
  private final String holder;
  private final FileChannel channel;
  private final FileChannel witness; // of the same file: closing it would release the lock
  private final Object identity; // of the file; null if the file system does not tell
  private boolean moved; // the directory was renamed; its old name may belong to another run

  private RunLock(
      RunDirectory run,
      boolean made,
      Path key,
      String holder,
      FileChannel channel,
      FileChannel witness,
      Object identity) {
    this.run = run;
    this.made = made;
    this.key = key;
    this.holder = holder;
    this.channel = channel;
    this.witness = witness;
    this.identity = identity;
  }

  /**
   * Acquires the lock.
   *
   * @param made whether the directory was created for this run and is removed if the run never
   *     begins
   * @throws RunException if another process holds it, or the file system does not support locks
   */
  static RunLock take(RunDirectory run, boolean made) {
    Path file = run.lock();
    try {
      Path key = file.toAbsolutePath().getParent().toRealPath().resolve(file.getFileName());
      if (!HELD.add(key)) {
        throw refusal(file, "this process");
      }
      try {
        for (int i = 0; i < TRIES; i++) {
          Optional<RunLock> lock = tryTake(run, made, key);
          if (lock.isPresent()) {
            return lock.get();
          }
        }
        throw new IOException("the file was replaced %d times".formatted(TRIES));
      } catch (IOException | RuntimeException e) {
        HELD.remove(key);
        throw e;
      }
    } catch (IOException e) {
      throw FileException.of(
          file,
          "cannot be locked",
          e,
          "name a writable run directory with --output, on a file system that supports locks");
    }
  }

  /**
   * Empty if the locked file no longer has its name: the previous holder removed it with the
   * directory, and another may exist now.
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
      try {
        channel.truncate(0);
        channel.write(ByteBuffer.wrap((holder + "\n").getBytes(StandardCharsets.UTF_8)), 0);
        channel.force(false); // visible to other machines
      } catch (IOException e) {
        run.clearUnlessBegun(made); // such as a full disk
        throw e;
      }
      FileChannel witness = FileChannel.open(run.lock(), READ);
      if (content(witness).equals(holder)) {
        return Optional.of(
            new RunLock(run, made, key, holder, channel, witness, identity(run.lock())));
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
                .formatted(ShellWord.shown(file.getParent()), holder.isEmpty() ? "unknown" : holder)
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

  public RunDirectory directory() {
    return run;
  }

  /**
   * Checks that this trainer still holds the lock, before a write. A network file system reassigns
   * the lock of an unreachable machine; one mounted without locks grants it to every client.
   *
   * @throws RunException if it was lost
   */
  public void requireHeld() {
    String reason;
    try {
      if (!isInPlace()) {
        throw new RunException(
            ("%s: was renamed or deleted during training: give it its name again, or name its new place"
                    + " with --output; the same command then resumes from its newest checkpoint")
                .formatted(ShellWord.shown(run.path())),
            new FileSystemException(run.path().toString(), null, "renamed or deleted"));
      }
      String now = holderNow();
      if (now.equals(holder)) {
        return;
      }
      reason = now.isEmpty() ? "its lock file is empty" : now;
    } catch (IOException e) {
      reason = FileErrors.reason(e);
    }
    throw new RunException(
        ("%s: is no longer locked by this trainer (%s): this machine lost the file system for a"
                + " while, or it does not support locks; let the other trainer continue, or start over")
            .formatted(ShellWord.shown(run.path()), reason),
        new FileSystemException(run.lock().toString(), null, reason));
  }

  /** Reads the file past the cache of a network file system, which taking a lock invalidates. */
  @SuppressWarnings("try") // locked for its effect on the cache
  private String holderNow() throws IOException {
    try (FileLock beyond = channel.tryLock(MAXIMUM_HOLDER, 1, false)) {
      return content(channel);
    }
  }

  /** Whether {@link #requireHeld} would pass. */
  public boolean isHeld() {
    try {
      requireHeld();
      return true;
    } catch (RunException e) {
      return false;
    }
  }

  /**
   * The cause of a failure: that the lock or the directory was lost, or else the failure itself.
   */
  public TrainerException cause(TrainerException failure) {
    if (!channel.isOpen()) {
      return failure;
    }
    try {
      requireHeld();
      return failure;
    } catch (RunException lost) {
      lost.addSuppressed(failure);
      return lost;
    }
  }

  private boolean isHolder() {
    try {
      return holderNow().equals(holder);
    } catch (IOException e) {
      return false;
    }
  }

  /** Whether the directory still has its name. */
  private boolean isInPlace() throws IOException {
    try {
      return Objects.equals(identity(run.lock()), identity);
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  private static Object identity(Path file) throws IOException {
    return Files.readAttributes(file, BasicFileAttributes.class).fileKey();
  }

  /**
   * Renames the directory and releases it.
   *
   * @throws RunException if it cannot be renamed; it is then still locked
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
   * Releases the lock, once. A run that never began is removed, unless another trainer has taken
   * the directory.
   */
  @Override
  public void close() {
    if (!channel.isOpen()) {
      return;
    }
    try (channel;
        witness) {
      boolean named = isHeld();
      if (!named && !isHolder()) {
        return;
      }
      channel.truncate(0);
      if (!moved && named) {
        run.clearUnlessBegun(made);
      }
    } catch (IOException e) {
      throw FileException.of(
          run.lock(), "cannot be unlocked", e, "it is released when this process ends");
    } finally {
      HELD.remove(key);
    }
  }
}
