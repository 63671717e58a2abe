package trainer.service.schedule;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import trainer.file.FileErrors;
import trainer.service.Abandoned;
import trainer.service.datasets.DatasetException;
import trainer.service.datasets.DatasetRoots;
import trainer.service.schedule.Evaluation.FailedException;
import trainer.text.CorpusFiles;
import trainer.text.TextException;

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

  /**
   * Copies a text.
   *
   * @param heldOut a file or pattern
   * @param roots folders of texts
   * @param runs folder of the runs
   * @throws FailedException if it cannot be read or there is no space
   */
  static HeldOutCopy of(String heldOut, DatasetRoots roots, Path runs) {
    Path folder = runs.resolve(PREFIX + UUID.randomUUID());
    try {
      String found = roots.find(heldOut).toString();
      List<Path> files = CorpusFiles.resolve(List.of(found), roots.confinement()).paths();
      for (Path abandoned : Abandoned.in(runs, PREFIX)) {
        new HeldOutCopy(abandoned, "").close();
      }
      Files.createDirectory(folder);
      if (files.size() == 1) {
        Path copy = folder.resolve(files.get(0).getFileName().toString());
        Files.copy(files.get(0), copy);
        return new HeldOutCopy(folder, copy.toString());
      }
      for (int i = 0; i < files.size(); i++) { // a pattern reads them in the order of their names
        Files.copy(files.get(i), folder.resolve("%06d.txt".formatted(i)));
      }
      return new HeldOutCopy(folder, folder.resolve("*").toString());
    } catch (DatasetException e) {
      throw new FailedException("held_out: " + e.getMessage(), false);
    } catch (TextException e) {
      throw new FailedException("held_out: " + e.getMessage(), e.isTransient());
    } catch (IOException e) {
      new HeldOutCopy(folder, "").close();
      throw new FailedException(
          "held_out: %s cannot be copied for the evaluation (%s)"
              .formatted(heldOut, FileErrors.withFile(e)),
          true);
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
