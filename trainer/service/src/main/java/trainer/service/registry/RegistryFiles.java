package trainer.service.registry;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import trainer.file.AtomicFile;
import trainer.file.DurableNames;
import trainer.file.FileException;
import trainer.file.Sha256;
import trainer.run.MetricsRow;
import trainer.run.Provenance;
import trainer.run.RunDirectory;

/**
 * Where the models of the registry are on the disk:
 *
 * <pre>
 * RUNS/registry/NAME/VERSION/best.zip     and, from its run, config.yml, vocabulary.json,
 *                                         provenance.json, metrics.csv
 * </pre>
 *
 * <p>A version is a run directory to the commands that take one. It appears whole or not at all and
 * is never written to again.
 */
public final class RegistryFiles {
  private static final String PART = ".part-";
  private static final Duration ABANDONED = Duration.ofDays(1);

  private final Path root;

  /** The registry of a runs directory. */
  public RegistryFiles(Path runs) {
    this.root = runs.toAbsolutePath().normalize().resolve("registry");
  }

  /** The files of a version. */
  public RunDirectory directory(String model, int version) {
    return new RunDirectory(root.resolve(model).resolve(Integer.toString(version)));
  }

  /** The files of a version that is named as {@code NAME@VERSION}. */
  public RunDirectory directory(String reference) {
    int at = reference.lastIndexOf('@');
    return directory(reference.substring(0, at), Integer.parseInt(reference.substring(at + 1)));
  }

  /**
   * A copy of what a run left, which is not a version yet.
   *
   * @param iteration with the lowest validation loss; null where none was measured
   * @param validationLoss at that iteration; null as above
   * @param corpusSha256 null where the run does not say
   */
  record Staged(
      Path path,
      String sha256,
      long bytes,
      String corpusSha256,
      Integer iteration,
      Double validationLoss)
      implements AutoCloseable {
    /**
     * Gives it its place, over what a service that was killed left there, so that it is there after
     * a power failure, too.
     */
    void become(RunDirectory version) {
      Path model = version.path().toAbsolutePath().getParent();
      try {
        deleteTree(version.path());
        DurableNames.rename(path, version.path());
        DurableNames.synchronize(model.getParent()); // the model may be new
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public void close() {
      try {
        deleteTree(path);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /**
   * Copies the best checkpoint of a run, or its result where none was evaluated, with what explains
   * it.
   *
   * @throws RegistryException if the run left neither
   */
  Staged stage(String model, RunDirectory run) {
    Path source = Files.exists(run.best(), LinkOption.NOFOLLOW_LINKS) ? run.best() : run.model();
    if (!Files.isRegularFile(source, LinkOption.NOFOLLOW_LINKS)) {
      throw RegistryException.conflict(
          "the run left no model (a best.zip, or else a model.zip): register one that was trained");
    }
    Path folder = root.resolve(model);
    RunDirectory part = new RunDirectory(folder.resolve(PART + UUID.randomUUID()));
    try {
      Files.createDirectories(part.path());
      deleteAbandoned(folder);
      MessageDigest digest = Sha256.digest();
      AtomicFile.write(part.best(), out -> copy(source, new DigestOutputStream(out, digest)));
      for (Path file : List.of(run.config(), run.vocabulary(), run.provenance(), run.metrics())) {
        if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
          AtomicFile.write(
              part.path().resolve(file.getFileName().toString()), out -> copy(file, out));
        }
      }
      MetricsRow best = best(part.metrics());
      return new Staged(
          part.path(),
          HexFormat.of().formatHex(digest.digest()),
          Files.size(part.best()),
          corpus(part.provenance()),
          best == null ? null : best.iteration(),
          best == null ? null : best.validationLoss());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void copy(Path file, OutputStream out) throws IOException {
    try (InputStream in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
      in.transferTo(out);
    }
    out.flush();
  }

  /** The row that the best checkpoint was written at: the first of the lowest validation loss. */
  private static MetricsRow best(Path metrics) throws IOException {
    MetricsRow best = null;
    if (Files.isRegularFile(metrics)) {
      try (BufferedReader reader = Files.newBufferedReader(metrics)) {
        reader.readLine(); // the header
        for (String line = reader.readLine(); line != null; line = reader.readLine()) {
          MetricsRow row = MetricsRow.parse(line);
          if (row.validationLoss() != null
              && (best == null || row.validationLoss() < best.validationLoss())) {
            best = row;
          }
        }
      } catch (NumberFormatException e) {
        return null;
      }
    }
    return best;
  }

  private static String corpus(Path provenance) throws IOException {
    if (!Files.isRegularFile(provenance)) {
      return null;
    }
    try {
      return Provenance.parse(Files.readString(provenance), provenance.toString())
          .corpus()
          .get(0)
          .sha256();
    } catch (FileException e) {
      return null;
    }
  }

  /** Deletes a version's files. */
  void delete(String model, int version) throws IOException {
    deleteTree(directory(model, version).path());
  }

  /** Deletes what services that were killed left unfinished. */
  private static void deleteAbandoned(Path folder) throws IOException {
    Instant before = Instant.now().minus(ABANDONED);
    try (DirectoryStream<Path> parts = Files.newDirectoryStream(folder, PART + "*")) {
      for (Path part : parts) {
        if (Files.getLastModifiedTime(part).toInstant().isBefore(before)) {
          deleteTree(part);
        }
      }
    }
  }

  /** The directory of a version holds files only. */
  private static void deleteTree(Path directory) throws IOException {
    if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
      for (Path file : files) {
        Files.deleteIfExists(file);
      }
    }
    Files.deleteIfExists(directory);
  }
}
