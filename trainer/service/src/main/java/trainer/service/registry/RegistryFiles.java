package trainer.service.registry;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongPredicate;
import trainer.file.AtomicFile;
import trainer.file.DurableNames;
import trainer.file.FileException;
import trainer.file.Sha256;
import trainer.file.Watch;
import trainer.run.DamagedException;
import trainer.run.MetricsRow;
import trainer.run.Provenance;
import trainer.run.RunDirectory;
import trainer.service.Abandoned;

/**
 * The files of the registry:
 *
 * <pre>
 * RUNS/registry/NAME/VERSION/best.zip     and, from its run, config.yml, vocabulary.json,
 *                                         provenance.json, metrics.csv
 * </pre>
 *
 * <p>Commands can use a version as a run directory. It appears atomically and is never modified.
 */
public final class RegistryFiles {
  private static final String PART = ".part-";
  private static final String DELETED = ".deleted-";
  private static final Duration CHECKED = Duration.ofMinutes(10);

  private final Path root;
  private final Map<Path, Check> checks = new ConcurrentHashMap<>();

  public RegistryFiles(Path runs) {
    this.root = runs.toAbsolutePath().normalize().resolve("registry");
  }

  /** The files of a version. */
  public RunDirectory directory(String model, int version) {
    return new RunDirectory(root.resolve(model).resolve(Integer.toString(version)));
  }

  /** The files of {@code NAME@VERSION}. */
  public RunDirectory directory(String reference) {
    int at = reference.lastIndexOf('@');
    return directory(reference.substring(0, at), Integer.parseInt(reference.substring(at + 1)));
  }

  /**
   * A copy of the results of a run, before it becomes a version.
   *
   * @param iteration with the lowest validation loss; null if never evaluated
   * @param validationLoss at that iteration; null as above
   * @param corpusSha256 null if unknown
   */
  record Staged(
      Path path,
      String sha256,
      long bytes,
      String corpusSha256,
      Integer iteration,
      Double validationLoss)
      implements AutoCloseable {
    /** Moves it into place durably, over leftovers of a killed service. */
    void become(RunDirectory version) {
      Path model = version.path().toAbsolutePath().getParent();
      try {
        deleteTree(version.path());
        DurableNames.rename(path, version.path());
        DurableNames.synchronize(model.getParent()); // the folder of the model may be new
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
   * Copies the best checkpoint of a run, or its final model if never evaluated, with its records.
   *
   * @throws RegistryException if the run has neither, or it is damaged
   */
  Staged stage(String model, RunDirectory run) {
    Path source = Files.exists(run.best(), LinkOption.NOFOLLOW_LINKS) ? run.best() : run.model();
    if (!Files.isRegularFile(source, LinkOption.NOFOLLOW_LINKS)) {
      throw RegistryException.conflict(
          "the run has no model (best.zip or model.zip): register a trained run");
    }
    checkWhole(source);
    Path folder = root.resolve(model);
    RunDirectory part = new RunDirectory(folder.resolve(PART + UUID.randomUUID()));
    try {
      Files.createDirectories(part.path());
      for (Path abandoned : Abandoned.in(folder, PART)) {
        deleteTree(abandoned);
      }
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

  private static void checkWhole(Path checkpoint) {
    try {
      CheckpointFile.check(checkpoint);
    } catch (DamagedException e) {
      throw RegistryException.conflict(
          "%s is damaged (%s) and is not registered: restore it from a copy, or train the run again"
              .formatted(checkpoint, e.getMessage()));
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

  /** The row of the best checkpoint: the first with the lowest validation loss. */
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

  /**
   * Checks the file of a version.
   *
   * @throws RegistryException if it is missing or damaged
   */
  void check(ModelVersion version) {
    Path file = directory(version.model(), version.version()).best();
    String found;
    long start = System.nanoTime();
    FileState state = null;
    try {
      state = FileState.of(file);
      found = Sha256.hex(file, Watch.none());
    } catch (NoSuchFileException e) {
      found = "missing";
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    if (!found.equals(version.sha256())) {
      checks.remove(file);
      throw RegistryException.conflict(
          ("%s: its file %s is damaged (SHA-256 %s, registered was %s): 'register %s %s' restores"
                  + " it from its run; without that run, restore the file from a copy or promote"
                  + " another version")
              .formatted(
                  version.reference(),
                  file,
                  found,
                  version.sha256(),
                  version.model(),
                  version.run()));
    }
    checks.values().removeIf(check -> !check.isFresh());
    checks.put(file, new Check(version.sha256(), state, start));
  }

  /** Whether {@link #check} succeeded lately and the file has not been changed since. */
  boolean wasChecked(ModelVersion version) {
    Path file = directory(version.model(), version.version()).best();
    Check check = checks.get(file);
    try {
      return check != null
          && check.isFresh()
          && check.sha256().equals(version.sha256())
          && check.state().equals(FileState.of(file));
    } catch (IOException e) {
      return false;
    }
  }

  /** Differs for a file that was replaced or written to. */
  private record FileState(Object key, FileTime modified, long bytes) {
    static FileState of(Path file) throws IOException {
      BasicFileAttributes found = Files.readAttributes(file, BasicFileAttributes.class);
      return new FileState(found.fileKey(), found.lastModifiedTime(), found.size());
    }
  }

  /**
   * A successful check.
   *
   * @param nanos System.nanoTime()
   */
  private record Check(String sha256, FileState state, long nanos) {
    boolean isFresh() {
      return System.nanoTime() - nanos < CHECKED.toNanos();
    }
  }

  /**
   * Renames the folder of a model within the transaction that deletes it. After a crash, {@link
   * #finishDeleting} completes or reverts it.
   */
  void setAside(String model, long number) {
    try {
      Files.move(
          root.resolve(model),
          root.resolve(DELETED + number + "-" + model),
          StandardCopyOption.ATOMIC_MOVE);
    } catch (NoSuchFileException e) {
      // all its versions were deleted
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Deletes folders set aside by {@link #setAside}, or restores those whose model still exists.
   *
   * @param kept whether the model of a number exists
   */
  void finishDeleting(LongPredicate kept) throws IOException {
    if (!Files.isDirectory(root)) {
      return;
    }
    try (DirectoryStream<Path> folders = Files.newDirectoryStream(root, DELETED + "*")) {
      for (Path folder : folders) {
        String[] parts = folder.getFileName().toString().substring(DELETED.length()).split("-", 2);
        if (kept.test(Long.parseLong(parts[0]))) {
          Files.move(folder, root.resolve(parts[1]), StandardCopyOption.ATOMIC_MOVE);
        } else {
          try (DirectoryStream<Path> versions = Files.newDirectoryStream(folder)) {
            for (Path version : versions) {
              deleteTree(version);
            }
          }
          Files.deleteIfExists(folder);
        }
      }
    }
  }

  void delete(String model, int version) throws IOException {
    deleteTree(directory(model, version).path());
  }

  /** Directories of versions are flat. */
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
