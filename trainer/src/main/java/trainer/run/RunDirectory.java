package trainer.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.ReadOnlyFileSystemException;
import java.util.List;

/**
 * The directory that a run leaves behind, and the names of what is in it.
 *
 * @param path as the user named it
 */
public record RunDirectory(Path path) {
  static final String CHECKPOINTS = "checkpoints";

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
    for (Path trace : List.of(config(), checkpoints(), latest(), best(), model(), metrics())) {
      if (Files.exists(trace, LinkOption.NOFOLLOW_LINKS)) {
        return true;
      }
    }
    try (var files = Files.list(path)) {
      Path foreign =
          files
              .filter(file -> !file.equals(lock()) && !file.equals(corpus()))
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
      throw RunException.of(path, "cannot be listed", e, "check that it may be read");
    }
  }

  /**
   * Makes the directory, where it is missing, and takes it for this process until the lock is
   * closed.
   *
   * @throws RunException if it cannot be made or written to, or another trainer holds it
   */
  public RunLock open() {
    make(path);
    RunLock lock = RunLock.take(lock());
    try {
      make(checkpoints());
      return lock;
    } catch (RunException e) {
      lock.close();
      throw e;
    }
  }

  private static void make(Path directory) {
    try {
      if (Files.isDirectory(directory)) {
        if (directory.endsWith(CHECKPOINTS) && Files.isSymbolicLink(directory)) {
          throw new RunException(
              directory
                  + ": is a symbolic link, and nothing outside the run directory is written: put"
                  + " the whole run there with --output");
        }
        return;
      }
      Path parent = directory.toAbsolutePath().getParent();
      if (parent != null && !Files.isDirectory(parent)) {
        make(parent);
      }
      Files.createDirectory(directory);
      if (parent != null) {
        AtomicFile.syncDirectory(parent);
      }
    } catch (IOException e) {
      throw RunException.of(
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
