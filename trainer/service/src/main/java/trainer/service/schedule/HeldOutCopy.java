package trainer.service.schedule;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import trainer.file.FileErrors;
import trainer.service.schedule.Evaluation.FailedException;

/**
 * A copy of a held-out text for the time of a decision, so that champion and challenger are
 * evaluated on the same bytes while the text is replaced or grows.
 *
 * @param folder holds copies of the files under their names
 * @param entry file or glob in that folder
 */
record HeldOutCopy(Path folder, String entry) implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(HeldOutCopy.class);
  private static final String PREFIX = ".held-out-";
  private static final Duration ABANDONED = Duration.ofDays(1);

  /**
   * Copies a text.
   *
   * @param runs folder of the runs
   * @param entry absolute: a file, or a glob in its last name
   * @throws FailedException if it cannot be read or there is no space
   */
  static HeldOutCopy of(String entry, Path runs) {
    Path source = Path.of(entry);
    String name = source.getFileName().toString();
    Path folder = runs.resolve(PREFIX + UUID.randomUUID());
    HeldOutCopy copy = new HeldOutCopy(folder, folder.resolve(name).toString());
    try {
      deleteAbandoned(runs);
      Files.createDirectory(folder);
      if (Files.exists(source)) {
        Files.copy(source, folder.resolve(name));
      } else {
        copyMatches(source.getParent(), name, folder);
      }
      return copy;
    } catch (IOException e) {
      copy.close();
      boolean again = !(e instanceof NoSuchFileException) || Files.exists(source);
      throw new FailedException(
          "held_out: %s cannot be copied for the evaluation (%s)"
              .formatted(entry, FileErrors.withFile(e)),
          again);
    }
  }

  private static void copyMatches(Path parent, String glob, Path folder) throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(parent, glob)) {
      for (Path file : files) {
        Files.copy(file, folder.resolve(file.getFileName().toString()));
      }
    }
  }

  /** Deletes leftovers of killed services. */
  private static void deleteAbandoned(Path runs) throws IOException {
    Instant before = Instant.now().minus(ABANDONED);
    try (DirectoryStream<Path> copies = Files.newDirectoryStream(runs, PREFIX + "*")) {
      for (Path copy : copies) {
        if (Files.getLastModifiedTime(copy).toInstant().isBefore(before)) {
          new HeldOutCopy(copy, "").close();
        }
      }
    }
  }

  @Override
  public void close() {
    if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    try {
      try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
        for (Path file : files) {
          Files.deleteIfExists(file);
        }
      }
      Files.deleteIfExists(folder);
    } catch (IOException e) {
      LOG.warn("{}: cannot be deleted ({})", folder, FileErrors.withFile(e));
    }
  }
}
