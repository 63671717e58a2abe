package trainer.checkpoint;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongPredicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import trainer.file.AppendedFile;
import trainer.file.AtomicFile;
import trainer.file.DurableNames;
import trainer.file.FileErrors;
import trainer.file.FileException;
import trainer.file.ShellWord;
import trainer.run.MetricsRow;
import trainer.run.RunDirectory;
import trainer.run.RunException;
import trainer.training.Progress;

/**
 * The checkpoints of a run: {@code checkpoints/<iteration>.zip}, and next to the folder {@code
 * best.zip} and {@code latest.zip}, hard links to two of them. A new one is durable before an old
 * one is deleted.
 */
public final class CheckpointFolder {
  private static final Pattern NAME = Pattern.compile("(0|[1-9][0-9]{0,9})\\.zip");
  private static final int SHOWN = 3;
  private static final Comparator<Candidate> NEWEST_FIRST =
      Comparator.comparingLong(Candidate::iteration).reversed();

  private final RunDirectory run;

  public CheckpointFolder(RunDirectory run) {
    this.run = run;
  }

  /**
   * A checkpoint on disk.
   *
   * @param skipped newer ones that were skipped, each with the reason
   */
  public record Found(Path file, Checkpoint checkpoint, List<String> skipped) {}

  private record Candidate(Path file, long iteration) {}

  /**
   * Writes a checkpoint, links {@code latest.zip} to it, and {@code best.zip} too if this iteration
   * has the best validation loss; then deletes those that the retention does not keep. Checkpoints
   * of later iterations belong to an abandoned branch and are deleted.
   *
   * <p>The run's samples and events are synchronized first.
   *
   * @param rows the checkpoint's metrics, with the validation losses up to this iteration
   * @return the file written
   * @throws RunException if it cannot be written; all earlier ones are then intact
   */
  public Path write(Checkpoint checkpoint, Retention retention, List<MetricsRow> rows) {
    AppendedFile.synchronize(run.samples());
    AppendedFile.synchronize(run.events());
    Progress progress = checkpoint.progress();
    Path file = run.checkpoint(progress.iteration());
    checkpoint.write(file);
    if (progress.validation().isBest(progress.iteration())) {
      AtomicFile.link(file, run.best());
    } else {
      restoreBest(file, progress);
    }
    AtomicFile.link(file, run.latest());
    List<Long> present =
        iterations().stream().filter(iteration -> iteration <= progress.iteration()).toList();
    deleteAllBut(retention.kept(present, rows), progress.iteration());
    return file;
  }

  /**
   * Deletes the checkpoints after an iteration, for a rollback to it, and links its numbered name
   * and {@code latest.zip} to the intact file.
   *
   * @param whole the intact checkpoint of that iteration; other names of it may be damaged
   */
  public void discardAfter(Path whole, int iteration) {
    point(run.checkpoint(iteration), whole);
    point(run.latest(), whole);
    Set<Long> kept = new HashSet<>(iterations());
    if (kept.removeIf(number -> number > iteration)) {
      deleteAllBut(kept, iteration);
      sync();
    }
  }

  /**
   * Links {@code best.zip} to the best checkpoint up to an intact one, if it is of another
   * iteration: a kill or a full disk may have prevented the link, and a rollback abandons later
   * ones.
   */
  public void restoreBest(Path whole, Progress progress) {
    int best = progress.validation().bestIteration();
    Path file = best == progress.iteration() ? whole : run.checkpoint(best);
    if (progress.validation().isBest(best)
        && iterationOf(run.best(), false) != best
        && iterationOf(file, false) == best) {
      point(run.best(), file);
    }
  }

  private static void point(Path name, Path whole) {
    if (!same(name, whole) && !Files.isDirectory(name, LinkOption.NOFOLLOW_LINKS)) {
      AtomicFile.link(whole, name);
    }
  }

  /** A deleted checkpoint must not reappear as the newest after a power failure. */
  private void sync() {
    try {
      DurableNames.synchronize(run.checkpoints());
    } catch (IOException e) {
      throw FileException.of(run.checkpoints(), "cannot be written", e, "check the disk");
    }
  }

  /** The iterations with a file in the folder, intact or not, ascending. */
  public List<Long> iterations() {
    return numbered(run.checkpoints()).stream().map(Candidate::iteration).sorted().toList();
  }

  /**
   * The newest intact checkpoint: of the numbered ones and {@code latest.zip}, then of {@code
   * model.zip} and {@code best.zip}; empty if there is none. A damaged or unreadable one is
   * skipped; after an error of the disk or file server it is not, because the run would lose it for
   * good.
   *
   * @throws RunException if there are checkpoints and none is intact, or the machine fails
   */
  public Optional<Found> newestWhole() {
    return newestWhole(iteration -> true);
  }

  /**
   * As {@link #newestWhole()}, but tries preferred iterations before all others.
   *
   * @throws RunException as above
   */
  public Optional<Found> newestWhole(LongPredicate preferred) {
    List<String> skipped = new ArrayList<>();
    for (Candidate candidate : candidates(preferred)) {
      try {
        Checkpoint checkpoint = Checkpoint.read(candidate.file());
        if (checkpoint.progress().iteration() == candidate.iteration()) {
          return Optional.of(new Found(candidate.file(), checkpoint, List.copyOf(skipped)));
        }
        skipped.add(
            "%s: contains iteration %d: it was renamed"
                .formatted(ShellWord.shown(candidate.file()), checkpoint.progress().iteration()));
      } catch (FileException e) {
        if (e.getCause() instanceof IOException cause && FileErrors.areTheMachines(cause)) {
          throw failure(candidate.file(), cause);
        }
        skipped.add(reason(candidate.file(), e));
      }
    }
    if (skipped.isEmpty()) {
      return Optional.empty();
    }
    throw new RunException(
        "%s: none of its checkpoints can be used: start over with --resume never, or restore one"
                .formatted(ShellWord.shown(run.path()))
            + " from a copy:\n  "
            + String.join("\n  ", skipped));
  }

  /** All checkpoints, in the order to try them. */
  private List<Candidate> candidates(LongPredicate preferred) {
    List<Candidate> candidates = numbered(run.checkpoints());
    candidates.addAll(named(true, run.latest()));
    // Stable sorts: of the same iteration, the numbered file comes first.
    candidates.sort(NEWEST_FIRST);
    // These may belong to an abandoned branch: last resort.
    List<Candidate> last = named(false, run.model(), run.best());
    last.sort(NEWEST_FIRST);
    candidates.addAll(last);
    candidates.sort(Comparator.comparing(other -> !preferred.test(other.iteration())));
    return candidates;
  }

  private static FileException failure(Path file, IOException cause) {
    return FileException.of(
        file,
        "cannot be read",
        cause,
        "it may be intact: repeat the command once it can be read; if it is lost for good, delete it"
            + " to resume from the previous one");
  }

  /** The way out if a checkpoint cannot be used: others of the run, newest first. */
  static String otherThan(Path file) {
    Path folder = folderOf(file);
    Path top = folder.endsWith(RunDirectory.CHECKPOINTS) ? folderOf(folder) : folder;
    List<String> others =
        numbered(new RunDirectory(top).checkpoints()).stream()
            .sorted(NEWEST_FIRST)
            .filter(other -> !same(other.file(), file))
            .limit(SHOWN)
            .map(other -> other.file().toString())
            .toList();
    return others.isEmpty()
        ? "there is no other checkpoint: restore it from a copy, or train again"
        : "use another checkpoint: " + String.join(", ", others);
  }

  // As given by the user, if possible.
  private static Path folderOf(Path file) {
    return file.getParent() == null ? file.toAbsolutePath().getParent() : file.getParent();
  }

  private static boolean same(Path one, Path other) {
    try {
      return Files.isSameFile(one, other);
    } catch (IOException e) {
      // One of them does not exist.
      return false;
    }
  }

  private static String reason(Path file, FileException e) {
    String detail =
        e.getCause() instanceof IOException cause ? FileErrors.reason(cause) : e.getMessage();
    return ShellWord.shown(file) + ": " + detail;
  }

  private static List<Candidate> named(boolean needed, Path... files) {
    List<Candidate> found = new ArrayList<>();
    for (Path file : files) {
      if (RunDirectory.has(file)) {
        found.add(new Candidate(file, iterationOf(file, needed)));
      }
    }
    return found;
  }

  private static long iterationOf(Path file, boolean needed) {
    try {
      return CheckpointReader.iteration(file);
    } catch (IOException e) {
      if (needed && FileErrors.areTheMachines(e)) {
        throw failure(file, e);
      }
      // Sorted last; reading it reports the error.
      return -1;
    }
  }

  private static List<Candidate> numbered(Path folder) {
    List<Candidate> found = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*.zip")) {
      for (Path file : files) {
        Matcher name = NAME.matcher(file.getFileName().toString());
        if (name.matches()) {
          found.add(new Candidate(file, Long.parseLong(name.group(1))));
        }
      }
    } catch (NoSuchFileException | NotDirectoryException e) {
      return found; // other errors do not mean that there are none
    } catch (IOException e) {
      throw FileException.of(folder, "cannot be listed", e, "check that it is readable");
    }
    return found;
  }

  /** Unreadable files of later iterations are kept: they may be intact. */
  private void deleteAllBut(Set<Long> kept, int newest) {
    for (Candidate candidate : numbered(run.checkpoints())) {
      boolean file = !Files.isDirectory(candidate.file(), LinkOption.NOFOLLOW_LINKS);
      boolean known = candidate.iteration() <= newest || Files.isReadable(candidate.file());
      if (file && known && !kept.contains(candidate.iteration())) {
        try {
          Files.deleteIfExists(candidate.file());
        } catch (IOException e) {
          throw FileException.of(candidate.file(), "cannot be deleted", e, "delete it by hand");
        }
      }
    }
  }
}
