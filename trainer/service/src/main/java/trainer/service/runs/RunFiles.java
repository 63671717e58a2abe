package trainer.service.runs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;
import trainer.file.AtomicFile;
import trainer.run.RunDirectory;

/**
 * Where runs are on the disk:
 *
 * <pre>
 * RUNS/ID/configuration.yml    as submitted, every key resolved
 * RUNS/ID/N/                   the run directory of attempt N
 * RUNS/ID/N.log                what its process printed
 * RUNS/ID/N.resources.json     what its process uses of the machine
 * </pre>
 *
 * <p>Every attempt writes into a directory of its own, which begins with what the attempt before it
 * left. So a process that was taken for dead and comes back can do no harm: it goes on in a
 * directory that nobody reads any more. No lock and no clock is needed for that.
 */
public final class RunFiles {
  private static final String PART = ".part";
  private static final String DELETED = ".deleted-";

  private final Path root;

  /** The runs directory. */
  public RunFiles(Path root) {
    this.root = root.toAbsolutePath().normalize();
  }

  /** Makes the runs directory where it is missing. */
  public void create() throws IOException {
    Files.createDirectories(root);
  }

  /** All runs. */
  public Path root() {
    return root;
  }

  /** All of a run. */
  public Path directory(Run run) {
    return root.resolve(run.id());
  }

  /** The configuration that its processes read. */
  public Path configuration(Run run) {
    return directory(run).resolve("configuration.yml");
  }

  /** What the newest attempt prints. */
  public Path log(Run run) {
    return directory(run).resolve(run.attempt() + ".log");
  }

  /** What the process of the newest attempt uses of its machine. */
  public Path resources(Run run) {
    return directory(run).resolve(run.attempt() + ".resources.json");
  }

  /** What the newest attempt leaves. */
  public RunDirectory newest(Run run) {
    return attempt(run, run.attempt());
  }

  private RunDirectory attempt(Run run, int attempt) {
    return new RunDirectory(directory(run).resolve(Integer.toString(attempt)));
  }

  /**
   * Makes the directory of a run's newest attempt, with the checkpoints and records of the one
   * before it, if there was one. Checkpoints take no more space where the file system has links:
   * they are second names of the same files, which are never written to again.
   */
  public void prepare(Lease lease) throws IOException {
    Run run = lease.run();
    Files.createDirectories(directory(run));
    AtomicFile.write(configuration(run), lease.configuration());
    RunDirectory next = newest(run);
    Path part = directory(run).resolve(run.attempt() + PART);
    deleteTree(part);
    Files.createDirectories(new RunDirectory(part).checkpoints());
    for (int earlier = run.attempt() - 1; earlier > 0; earlier--) {
      RunDirectory before = attempt(run, earlier);
      if (hasCheckpoint(before)) {
        carryOver(before, new RunDirectory(part));
        break;
      }
    }
    Files.move(part, next.path(), StandardCopyOption.ATOMIC_MOVE);
  }

  private static boolean hasCheckpoint(RunDirectory directory) throws IOException {
    if (!Files.isDirectory(directory.checkpoints())) {
      return false;
    }
    try (Stream<Path> files = Files.list(directory.checkpoints())) {
      return files.anyMatch(file -> file.toString().endsWith(".zip"));
    }
  }

  private static void carryOver(RunDirectory before, RunDirectory next) throws IOException {
    try (Stream<Path> files = Files.list(before.checkpoints())) {
      for (Path file : (Iterable<Path>) files::iterator) {
        if (!file.getFileName().toString().startsWith(".")) {
          link(file, next.checkpoints().resolve(file.getFileName().toString()));
        }
      }
    }
    link(before.best(), next.best());
    link(before.latest(), next.latest());
    link(before.corpus(), next.corpus());
    // These grow in place, so the two attempts must not share them.
    for (Path file :
        List.of(
            before.config(),
            before.provenance(),
            before.vocabulary(),
            before.metrics(),
            before.events(),
            before.samples(),
            before.lossSvg(),
            before.lossPng())) {
      copy(file, next.path().resolve(file.getFileName().toString()));
    }
  }

  private static void link(Path file, Path name) throws IOException {
    try {
      Files.createLink(name, file);
    } catch (NoSuchFileException e) {
      // The attempt before may still be at work and delete what it needs no more.
    } catch (FileSystemException | UnsupportedOperationException e) {
      copy(file, name); // some file systems that are shared have no links
    }
  }

  private static void copy(Path file, Path name) throws IOException {
    try {
      Files.copy(file, name);
    } catch (NoSuchFileException e) {
      // As above, or it was never written.
    }
  }

  /** Deletes the attempts that a newer one has replaced; what they printed stays. */
  public void deleteEarlier(Run run) throws IOException {
    for (int earlier = run.attempt() - 1; earlier > 0; earlier--) {
      deleteTree(attempt(run, earlier).path());
    }
  }

  /**
   * Puts all of a run where {@link #finishDeleting} finds it, in the transaction that deletes the
   * run: whichever of the two a crash or a failure prevents, the next look there sets right.
   *
   * @throws UncheckedIOException if it cannot be moved
   */
  public void setAside(Run run) {
    try {
      Files.move(directory(run), aside(run.id()), StandardCopyOption.ATOMIC_MOVE);
    } catch (NoSuchFileException e) {
      // It was never trained.
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Path aside(String id) {
    return root.resolve(DELETED + id);
  }

  /**
   * Deletes what was set aside of runs that were deleted; that of others comes back.
   *
   * @param kept whether there is a run of that id
   */
  public void finishDeleting(Predicate<String> kept) throws IOException {
    try (Stream<Path> files = Files.list(root)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        String name = file.getFileName().toString();
        if (name.startsWith(DELETED)) {
          String id = name.substring(DELETED.length());
          if (kept.test(id)) {
            bringBack(id);
          } else {
            deleteTree(file);
          }
        }
      }
    }
  }

  private void bringBack(String id) throws IOException {
    try {
      Files.move(aside(id), root.resolve(id), StandardCopyOption.ATOMIC_MOVE);
    } catch (NoSuchFileException e) {
      // Another node has done it.
    }
  }

  private static void deleteTree(Path directory) throws IOException {
    if (!Files.exists(directory)) {
      return;
    }
    Files.walkFileTree(
        directory,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.deleteIfExists(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
            if (e instanceof NoSuchFileException) {
              return FileVisitResult.CONTINUE;
            }
            throw e;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path folder, IOException e) throws IOException {
            if (e != null) {
              throw e;
            }
            Files.deleteIfExists(folder);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
