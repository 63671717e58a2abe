package trainer.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.ReadOnlyFileSystemException;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.stream.Stream;
import trainer.file.AtomicFile;
import trainer.file.DurableNames;
import trainer.file.FileException;

/**
 * The directory that a run leaves behind, and the names of what is in it.
 *
 * @param path as the user named it
 */
public record RunDirectory(Path path) {
  public static final String CHECKPOINTS = "checkpoints";

  /** The configuration, every key resolved. */
  public Path config() {
    return path.resolve("config.yml");
  }

  /** Versions, data, machine and command: see {@link Provenance}. */
  public Path provenance() {
    return path.resolve("provenance.json");
  }

  /** Code points in index order. */
  public Path vocabulary() {
    return path.resolve("vocabulary.json");
  }

  /** One row per report: see {@link Metrics}. */
  public Path metrics() {
    return path.resolve("metrics.csv");
  }

  /** What happened: see {@link Events}. */
  public Path events() {
    return path.resolve("events.jsonl");
  }

  /** Text by iteration and temperature: see {@link SamplesFile}. */
  public Path samples() {
    return path.resolve("samples.txt");
  }

  /** The loss curve as a drawing. */
  public Path lossSvg() {
    return path.resolve("loss.svg");
  }

  /** The loss curve as a picture. */
  public Path lossPng() {
    return path.resolve("loss.png");
  }

  /** The encoded corpus, kept between starts. */
  public Path corpus() {
    return path.resolve("corpus.bin");
  }

  /** Gives this run the encoded corpus of another, which takes no more space. */
  public void shareCorpus(RunDirectory other) {
    AtomicFile.link(other.corpus(), corpus());
  }

  /** The folder of the numbered checkpoints. */
  public Path checkpoints() {
    return path.resolve(CHECKPOINTS);
  }

  /** The checkpoint of an iteration. */
  public Path checkpoint(long iteration) {
    return checkpoints().resolve(iteration + ".zip");
  }

  /** The checkpoint with the lowest validation loss. */
  public Path best() {
    return path.resolve("best.zip");
  }

  /** The newest checkpoint. */
  public Path latest() {
    return path.resolve("latest.zip");
  }

  /** The result of a finished run. */
  public Path model() {
    return path.resolve("model.zip");
  }

  /** Held by the trainer that writes here: see {@link RunLock}. */
  Path lock() {
    return path.resolve("lock");
  }

  /**
   * Whether a run has been here: a directory with a configuration or a checkpoint in it.
   *
   * @throws RunException if it holds something else: a new run must not write among foreign files
   */
  public boolean holdsRun() {
    if (!Files.isDirectory(path)) {
      return false;
    }
    if (hasBegun()) {
      return true;
    }
    List<Path> leftByAStart = List.of(lock(), corpus(), checkpoints());
    try (var files = Files.list(path)) {
      Path foreign =
          files
              .filter(file -> !leftByAStart.contains(file))
              .filter(file -> !file.getFileName().toString().startsWith("."))
              .sorted()
              .findFirst()
              .orElse(null);
      if (foreign == null) {
        return false;
      }
      throw new RunException(
          "%s: is not a run directory (it holds %s and no config.yml): name another with --output"
              .formatted(path, foreign.getFileName()));
    } catch (IOException e) {
      throw FileException.of(path, "cannot be listed", e, "check that it may be read");
    }
  }

  /**
   * Whether something has this name, a link that leads nowhere included. Unlike {@link
   * Files#exists}, takes no error for an absence.
   *
   * @throws RunException if the machine or a permission does not let that be known
   */
  public static boolean has(Path file) {
    try {
      Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
      return true;
    } catch (NoSuchFileException e) {
      return false;
    } catch (IOException e) {
      throw FileException.of(file, "cannot be looked at", e, "check its disk and its folder");
    }
  }

  private boolean hasBegun() {
    return Stream.of(config(), latest(), best(), model(), metrics())
            .anyMatch(trace -> Files.exists(trace, LinkOption.NOFOLLOW_LINKS))
        || !isEmpty(checkpoints());
  }

  /** True also of a directory that is missing. */
  private static boolean isEmpty(Path directory) {
    try (var files = Files.list(directory)) {
      return files.findFirst().isEmpty();
    } catch (NoSuchFileException e) {
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * Removes what {@link #open} made, if no run has begun: a start that failed leaves nothing but a
   * corpus that it had encoded. Only for whoever holds the lock.
   *
   * @param made whether the directory itself is to go
   */
  void clearUnlessBegun(boolean made) throws IOException {
    if (hasBegun()) {
      return;
    }
    if (Files.isDirectory(checkpoints(), LinkOption.NOFOLLOW_LINKS)) {
      Files.delete(checkpoints());
    }
    Files.deleteIfExists(lock());
    removeIf(made);
  }

  private void removeIf(boolean made) throws IOException {
    if (made && isEmpty(path)) {
      Files.deleteIfExists(path);
    }
  }

  /**
   * Makes the directory, where it is missing, and takes it for this process until the lock is
   * closed.
   *
   * @throws RunException if it cannot be made or written to, or another trainer holds it
   */
  public RunLock open() {
    boolean made = make(path);
    RunLock lock = take(made);
    try {
      make(checkpoints());
      return lock;
    } catch (FileException e) {
      lock.close();
      throw e;
    }
  }

  private RunLock take(boolean made) {
    try {
      return RunLock.take(this, made);
    } catch (FileException e) {
      try {
        removeIf(made);
      } catch (IOException second) {
        e.addSuppressed(second);
      }
      throw e;
    }
  }

  /** Whether it was missing. */
  private static boolean make(Path directory) {
    try {
      if (Files.isDirectory(directory)) {
        if (directory.endsWith(CHECKPOINTS) && Files.isSymbolicLink(directory)) {
          throw new RunException(
              directory
                  + ": is a symbolic link, and nothing outside the run directory is written: put"
                  + " the whole run there with --output");
        }
        return false;
      }
      Path parent = directory.toAbsolutePath().getParent();
      if (parent != null && !Files.isDirectory(parent)) {
        make(parent);
      }
      Files.createDirectory(directory);
      if (parent != null) {
        DurableNames.synchronize(parent);
      }
      return true;
    } catch (IOException e) {
      throw FileException.of(
          directory, "cannot be made", e, "name another run directory with --output");
    } catch (ReadOnlyFileSystemException e) {
      throw new RunException(
          directory
              + ": cannot be made (read-only file system): name another run directory with"
              + " --output",
          e);
    }
  }
}
