package trainer.checkpoint;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import trainer.file.ShellWord;
import trainer.run.RunDirectory;
import trainer.run.RunException;

/**
 * The RUN of a command line: a run directory or one of its checkpoints. A run directory stands for
 * its best checkpoint ({@code best.zip}); before the first evaluation, for the result ({@code
 * model.zip}) or else the newest ({@code latest.zip}, or the highest number). A damaged one is
 * refused, never silently replaced by another.
 */
public final class RunArgument {
  private static final int SHOWN = 10;
  private static final Pattern NUMBERED = Pattern.compile("(.+)@([0-9]{1,10})");

  private RunArgument() {}

  /**
   * Finds the checkpoint file.
   *
   * @throws RunException if there is none
   */
  public static Path resolve(Path argument) {
    if (Files.isRegularFile(argument)) {
      return argument;
    }
    if (Files.isDirectory(argument)) {
      return inside(new RunDirectory(argument));
    }
    if (Files.exists(argument, LinkOption.NOFOLLOW_LINKS)) {
      throw new RunException(
          ShellWord.shown(argument)
              + ": is neither a run directory nor a checkpoint: name one of them");
    }
    throw new RunException(
        "%s: no such run directory or checkpoint: %s"
            .formatted(ShellWord.shown(argument), runsBeside(argument)));
  }

  /**
   * The checkpoint that {@code RUN@ITERATION} names; RUN alone is its newest.
   *
   * @throws RunException if there is none
   */
  public static Path checkpoint(String argument) {
    Path path = Path.of(argument);
    Matcher numbered = NUMBERED.matcher(argument);
    if (Files.exists(path) || !numbered.matches()) {
      return Files.isDirectory(path)
          ? new CheckpointFolder(new RunDirectory(path))
              .newestWhole()
              .map(CheckpointFolder.Found::file)
              .orElseGet(() -> resolve(path))
          : resolve(path);
    }
    RunDirectory run = new RunDirectory(Path.of(numbered.group(1)));
    Path file = run.checkpoint(Long.parseLong(numbered.group(2)));
    if (!Files.isRegularFile(file)) {
      resolve(run.path()); // the run may be what is missing
      throw new RunException(
          "%s: has no checkpoint of iteration %s: it has those of %s"
              .formatted(
                  ShellWord.shown(run.path()),
                  numbered.group(2),
                  new CheckpointFolder(run).iterations()));
    }
    return file;
  }

  private static Path inside(RunDirectory run) {
    for (Path file : List.of(run.best(), run.model(), run.latest())) {
      if (RunDirectory.has(file)) {
        return file; // the reader checks it
      }
    }
    CheckpointFolder folder = new CheckpointFolder(run);
    List<Long> iterations = folder.iterations();
    if (!iterations.isEmpty()) {
      return run.checkpoint(iterations.get(iterations.size() - 1));
    }
    if (Files.exists(run.config())) {
      throw new RunException(
          ShellWord.shown(run.path())
              + ": the run has no checkpoint yet: wait for the first, or train it with its"
              + " config.yml");
    }
    if (run.path().endsWith(RunDirectory.CHECKPOINTS)) {
      throw new RunException(
          ShellWord.shown(run.path())
              + ": is the folder of a run's checkpoints: name the run directory or a file");
    }
    throw new RunException(
        ShellWord.shown(run.path())
            + ": is not a run directory (no config.yml, no checkpoint): "
            + hint(run.path()));
  }

  private static String hint(Path directory) {
    List<String> runs = runsIn(directory);
    return runs.isEmpty() ? "train one first" : "name one of its runs: " + String.join(", ", runs);
  }

  private static String runsBeside(Path argument) {
    Path folder = argument.resolveSibling("");
    List<String> runs = Files.isDirectory(folder.toAbsolutePath()) ? runsIn(folder) : List.of();
    return runs.isEmpty()
        ? "check the path, or train the run first"
        : "its runs are " + String.join(", ", runs);
  }

  private static List<String> runsIn(Path folder) {
    List<String> runs = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder.toAbsolutePath())) {
      for (Path file : files) {
        if (Files.isRegularFile(new RunDirectory(file).config())) {
          runs.add(ShellWord.shown(folder.resolve(file.getFileName())));
        }
      }
    } catch (IOException e) {
      // Only the hint is missing.
      return List.of();
    }
    runs.sort(null);
    return runs.size() > SHOWN ? runs.subList(0, SHOWN) : runs;
  }
}
