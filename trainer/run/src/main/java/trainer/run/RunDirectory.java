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
import trainer.file.DurableNames;
import trainer.file.FileException;
import trainer.file.ShellWord;

/**
 * A run's directory and the names of its files.
 *
 * @param path as given by the user
 */
public record RunDirectory(Path path) {
  public static final String CHECKPOINTS = "checkpoints";

  /** The configuration, with every key. */
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

  /** The log: see {@link Events}. */
  public Path events() {
    return path.resolve("events.jsonl");
  }

  /** Text samples: see {@link SamplesFile}. */
  public Path samples() {
    return path.resolve("samples.txt");
  }

  /** What MLflow has of the run. */
  public Path mlflow() {
    return path.resolve("mlflow.json");
  }

  /** The loss curve as SVG. */
  public Path lossSvg() {
    return path.resolve("loss.svg");
  }

  /** The loss curve as PNG. */
  public Path lossPng() {
    return path.resolve("loss.png");
  }

  /** The encoded corpus, kept between starts. */
  public Path corpus() {
    return path.resolve("corpus.bin");
  }

  /** The encoded corpus of the run that is to take this one's place. */
  public Path nextCorpus() {
    return path.resolve(".corpus.bin.next");
  }

  /** Takes the encoded corpus for this run from the one whose place it has taken. */
  public void takeCorpus(RunDirectory before) {
    try {
      DurableNames.rename(before.nextCorpus(), corpus());
    } catch (IOException e) {
      throw FileException.of(corpus(), "cannot be written", e, "free some space or check the disk");
    }
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

  /** The lock file: see {@link RunLock}. */
  Path lock() {
    return path.resolve("lock");
  }

  /**
   * Whether the directory holds a run: a configuration or a checkpoint.
   *
   * @throws RunException if it holds other files, which a new run must not mix with
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
          "%s: is not a run directory (it contains %s and no config.yml): name another with --output"
              .formatted(ShellWord.shown(path), ShellWord.shown(foreign.getFileName())));
    } catch (IOException e) {
      throw FileException.of(path, "cannot be listed", e, "check that it is readable");
    }
  }

  /**
   * Whether the name exists, also as a dangling link. Unlike {@link Files#exists}, does not report
   * an error as absence.
   *
   * @throws RunException if an I/O error or a permission prevents the check
   */
  public static boolean has(Path file) {
    try {
      Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
      return true;
    } catch (NoSuchFileException e) {
      return false;
    } catch (IOException e) {
      throw FileException.of(
          file, "cannot be checked", e, "check the disk and the folder's permissions");
    }
  }

  private boolean hasBegun() {
    return Stream.of(config(), latest(), best(), model(), metrics())
            .anyMatch(trace -> Files.exists(trace, LinkOption.NOFOLLOW_LINKS))
        || !isEmpty(checkpoints());
  }

  /** Also true if the directory is missing. */
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
   * Undoes {@link #open} if no run has begun; a failed start leaves only an encoded corpus. The
   * caller must hold the lock.
   *
   * @param made whether to remove the directory too
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
   * Creates the directory if missing, and locks it.
   *
   * @throws RunException if it cannot be created or written to, or another trainer holds the lock
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

  /**
   * Makes a folder in this one, unless it exists.
   *
   * @throws RunException if it cannot be, or is a link
   */
  public Path makeFolder(String name) {
    make(path.resolve(name));
    return path.resolve(name);
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

  /** Creates the directory; false if it exists. */
  private boolean make(Path directory) {
    try {
      if (Files.isDirectory(directory)) {
        if (path.equals(directory.getParent()) && Files.isSymbolicLink(directory)) {
          throw new RunException(
              directory
                  + ": is a symbolic link, and a run writes only inside its directory: put"
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
          directory, "cannot be created", e, "name another run directory with --output");
    } catch (ReadOnlyFileSystemException e) {
      throw new RunException(
          directory
              + ": cannot be created (read-only file system): name another run directory with"
              + " --output",
          e);
    }
  }
}
