package trainer.service.runs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import trainer.file.AtomicFile;
import trainer.file.ShellWord;
import trainer.run.RunDirectory;
import trainer.service.Abandoned;
import trainer.service.PrivateFiles;

/**
 * The files of runs:
 *
 * <pre>
 * RUNS/ID/configuration.yml    as submitted, every key resolved
 * RUNS/ID/fork/                of a fork: what it begins with
 * RUNS/ID/N/                   the run directory of attempt N
 * RUNS/ID/N.log                output of its process
 * RUNS/ID/N.resources.json     CPU time, memory and GPU of its process
 * RUNS/ID/N.resources.csv      the same over its iterations
 * </pre>
 *
 * <p>Every attempt writes to its own directory, which starts as a copy of the previous attempt's. A
 * process that was presumed dead and comes back writes where nothing is read any more, so neither
 * locks nor clocks are needed.
 */
public final class RunFiles {
  private static final Logger LOG = LoggerFactory.getLogger(RunFiles.class);
  private static final String PART = ".part";
  private static final String DELETED = ".deleted-";
  private static final String MARK = ".database";
  private static final String FORK = ".fork-"; // whose row may not be stored

  private final Path root;

  /** The runs directory. */
  public RunFiles(Path root) {
    this.root = root.toAbsolutePath().normalize();
  }

  /** Creates the runs directory if missing. */
  public void create() throws IOException {
    PrivateFiles.createFolders(root);
  }

  /**
   * Marks the runs directory as that of a database. Another database has other versions of the
   * registered models, whose files would overwrite these.
   *
   * @throws IllegalArgumentException if it is that of another database
   */
  public void belongTo(String database) throws IOException {
    Path mark = root.resolve(MARK);
    Path part = root.resolve(MARK + "-" + database);
    if (!Files.exists(mark)) {
      AtomicFile.write(part, database);
      try {
        link(part, mark);
      } catch (FileAlreadyExistsException e) {
        // by another service, just now
      }
      Files.deleteIfExists(part);
    }
    if (!Files.readString(mark).equals(database)) {
      throw new IllegalArgumentException(
          ("--runs %s: these are the runs of another database: use that one, or set another --runs."
                  + " If it is lost: rm %s; then runs and models here are no longer listed, and"
                  + " new models with their names overwrite them")
              .formatted(root, ShellWord.of(mark.toString())));
    }
  }

  public Path root() {
    return root;
  }

  public Path directory(Run run) {
    return root.resolve(run.id());
  }

  /** The configuration for its processes. */
  public Path configuration(Run run) {
    return directory(run).resolve("configuration.yml");
  }

  /** Output of the newest attempt. */
  public Path log(Run run) {
    return directory(run).resolve(run.attempt() + ".log");
  }

  /** CPU time and memory of the newest attempt's process. */
  public Path resources(Run run) {
    return directory(run).resolve(run.attempt() + ".resources.json");
  }

  /** CPU, memory and GPU of all attempts' processes over their iterations, oldest first. */
  public List<Path> resourceHistories(Run run) {
    return IntStream.rangeClosed(1, run.attempt())
        .mapToObj(attempt -> directory(run).resolve(attempt + ".resources.csv"))
        .toList();
  }

  /** The run directory of the newest attempt. */
  public RunDirectory newest(Run run) {
    return attempt(run, run.attempt());
  }

  private RunDirectory attempt(Run run, int attempt) {
    return new RunDirectory(directory(run).resolve(Integer.toString(attempt)));
  }

  /** What a fork begins with, as a run directory. */
  public RunDirectory fork(Run run) {
    return fork(run.id());
  }

  private RunDirectory fork(String id) {
    return new RunDirectory(root.resolve(id).resolve("fork"));
  }

  /**
   * Keeps a checkpoint of a run, and what belongs to it, for a fork whose row is stored next: not
   * in that transaction, since copies take long. {@link #forked} or {@link #notForked} follows.
   * Otherwise {@link #finishDeleting} deletes it a day later.
   *
   * @param id of the fork
   * @throws UncheckedIOException if it cannot be kept; its cause is a {@link NoSuchFileException}
   *     if there is no such checkpoint (any more)
   */
  public void keep(RunDirectory source, long iteration, String id) {
    RunDirectory fork = fork(id);
    try {
      Files.createFile(root.resolve(FORK + id));
      Files.createDirectories(fork.checkpoints());
      link(source.checkpoint(iteration), fork.checkpoint(iteration));
      if (!Files.isRegularFile(fork.checkpoint(iteration), LinkOption.NOFOLLOW_LINKS)) {
        throw new NoSuchFileException(source.checkpoint(iteration).toString());
      }
      link(source.best(), fork.best());
      link(source.corpus(), fork.corpus());
      copy(source.samples(), fork.samples());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Called when the row of a fork is stored. */
  public void forked(String id) {
    try {
      Files.deleteIfExists(root.resolve(FORK + id));
    } catch (IOException e) {
      LOG.debug("the next start deletes it", e);
    }
  }

  /** Called when there will be no row. */
  public void notForked(String id) {
    try {
      deleteTree(root.resolve(id));
      forked(id);
    } catch (IOException e) {
      LOG.debug("the next start deletes it", e);
    }
  }

  /**
   * Creates the directory of the newest attempt from that of the previous one. Checkpoints are hard
   * links if the file system has them: their files are never modified. Without its text the run
   * begins again, and its log says so.
   *
   * @param hasText whether the text that an attempt was trained on can be read
   * @param between called after each file
   */
  public void prepare(Lease lease, Predicate<RunDirectory> hasText, Runnable between)
      throws IOException {
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
        if (hasText.test(before)) {
          carryOver(before, new RunDirectory(part), between);
        } else {
          Files.writeString(
              log(run),
              "%s is missing or damaged, and data.corpus has changed: the run begins again%n"
                  .formatted(before.corpus()));
        }
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

  private static void carryOver(RunDirectory before, RunDirectory next, Runnable between)
      throws IOException {
    try (Stream<Path> files = Files.list(before.checkpoints())) {
      for (Path file : (Iterable<Path>) files::iterator) {
        if (!file.getFileName().toString().startsWith(".")) {
          link(file, next.checkpoints().resolve(file.getFileName().toString()));
          between.run();
        }
      }
    }
    link(before.best(), next.best());
    link(before.latest(), next.latest());
    between.run();
    link(before.corpus(), next.corpus());
    between.run();
    // These are appended to, so attempts must not share them.
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
    } catch (FileAlreadyExistsException e) {
      throw e;
    } catch (NoSuchFileException e) {
      // The previous attempt may still run and prune its checkpoints.
    } catch (FileSystemException | UnsupportedOperationException e) {
      copy(file, name); // some network file systems have no links
    }
  }

  private static void copy(Path file, Path name) throws IOException {
    try {
      Files.copy(file, name);
    } catch (NoSuchFileException e) {
      // as above, or never written
    }
  }

  /** Deletes all attempts but the newest, also those that did not start; their logs stay. */
  public void deleteEarlier(Run run) throws IOException {
    for (int earlier = run.attempt() - 1; earlier > 0; earlier--) {
      deleteTree(attempt(run, earlier).path());
      deleteTree(directory(run).resolve(earlier + PART));
    }
  }

  /**
   * Renames the directory of a run within the transaction that deletes its row. After a crash,
   * {@link #finishDeleting} completes or reverts it.
   *
   * @throws UncheckedIOException if it cannot be moved
   */
  public void setAside(Run run) {
    try {
      Files.move(directory(run), aside(run.id()), StandardCopyOption.ATOMIC_MOVE);
    } catch (NoSuchFileException e) {
      // never trained
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Path aside(String id) {
    return root.resolve(DELETED + id);
  }

  /**
   * Deletes directories set aside by {@link #setAside}, or restores those whose run still exists,
   * and deletes those of forks whose rows were not stored within a day.
   *
   * @param kept whether a run exists
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
    for (Path mark : Abandoned.in(root, FORK)) {
      String id = mark.getFileName().toString().substring(FORK.length());
      if (!kept.test(id)) {
        deleteTree(root.resolve(id));
      }
      Files.deleteIfExists(mark);
    }
  }

  private void bringBack(String id) throws IOException {
    try {
      Files.move(aside(id), root.resolve(id), StandardCopyOption.ATOMIC_MOVE);
    } catch (NoSuchFileException e) {
      // done by another node
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
