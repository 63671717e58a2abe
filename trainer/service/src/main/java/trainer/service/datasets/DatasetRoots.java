package trainer.service.datasets;

import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Stream;

/**
 * The folders whose files submitted configurations may read, and nothing else: not through {@code
 * ..}, an absolute path or a symbolic link either.
 *
 * @param folders absolute
 */
public record DatasetRoots(List<Path> folders) {
  private static final String GLOB_CHARACTERS = "*?[{";

  /** Makes the folders absolute. */
  public DatasetRoots {
    folders = folders.stream().map(folder -> folder.toAbsolutePath().normalize()).toList();
  }

  /**
   * The absolute path of an entry of {@code data.corpus}. A relative one is looked up in each
   * folder, and as from a folder beside it: {@code ../datasets/x.txt} in a configuration means
   * {@code x.txt} of the folder {@code datasets}.
   *
   * @param entry a file, or a glob in its last name
   * @throws DatasetException if it is in none of the folders, or does not exist
   */
  public String resolve(String entry) {
    try {
      for (Path folder : folders) {
        for (Path base : List.of(folder, folder.resolveSibling("configuration"))) {
          Path path = base.resolve(entry).normalize();
          if (path.startsWith(folder) && !path.equals(folder)) {
            if (isGlob(path) ? holdsMatches(folder, path) : isInside(folder, path)) {
              return path.toString();
            }
          }
        }
      }
    } catch (InvalidPathException | PatternSyntaxException e) {
      throw new DatasetException("'%s' is no path: %s".formatted(entry, e.getMessage()));
    }
    throw new DatasetException(
        "'%s' is no file of the service's dataset folders (%s): the service reads no other files and"
                .formatted(entry, String.join(", ", folders.stream().map(Path::toString).toList()))
            + " downloads none; upload it, in the page under 'New run' or with"
            + " 'curl -T FILE SERVICE/api/v1/datasets/NAME', or put it there on the node");
  }

  private static boolean isGlob(Path path) {
    return path.getFileName().toString().chars().anyMatch(c -> GLOB_CHARACTERS.indexOf(c) >= 0);
  }

  /** Whether it is a file of the folder when all symbolic links are followed. */
  private static boolean isInside(Path folder, Path file) {
    try {
      return Files.isRegularFile(file) && file.toRealPath().startsWith(folder.toRealPath());
    } catch (IOException e) {
      return false;
    }
  }

  private static boolean holdsMatches(Path folder, Path glob) {
    if (glob.getFileName().toString().contains("**")) {
      throw new DatasetException(
          "'%s': a pattern must be of one folder; '**' is not taken".formatted(glob));
    }
    PathMatcher matcher = FileSystems.getDefault().getPathMatcher("glob:" + glob);
    try (Stream<Path> files = Files.list(glob.getParent())) {
      List<Path> matches = files.filter(matcher::matches).toList();
      return !matches.isEmpty() && matches.stream().allMatch(file -> isInside(folder, file));
    } catch (IOException e) {
      return false;
    }
  }

  /** The files of the folders, one level deep, as entries for {@code data.corpus}. */
  public List<Path> list() throws IOException {
    List<Path> found = new ArrayList<>();
    for (Path folder : folders) {
      if (Files.isDirectory(folder)) {
        try (Stream<Path> files = Files.list(folder)) {
          files
              .filter(file -> !file.getFileName().toString().startsWith("."))
              .filter(file -> isInside(folder, file))
              .sorted()
              .forEach(found::add);
        }
      }
    }
    return found;
  }
}
