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
import trainer.file.LocaleEncoding;

/**
 * The folders that submitted configurations may read, and nothing else: {@code ..}, absolute paths
 * and symbolic links cannot escape them.
 *
 * @param folders absolute
 */
public record DatasetRoots(List<Path> folders) {
  private static final String GLOB_CHARACTERS = "*?[{";

  public DatasetRoots {
    folders = folders.stream().map(folder -> folder.toAbsolutePath().normalize()).toList();
  }

  /**
   * Resolves an entry of {@code data.corpus}. Relative paths are tried from each folder and from a
   * sibling of it, so {@code ../datasets/x.txt} means {@code x.txt} in the folder {@code datasets}.
   *
   * @param entry a file, or a glob in its last name
   * @throws DatasetException if it is missing or outside the folders
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
    } catch (InvalidPathException e) {
      throw new DatasetException(
          "'%s' is not a path: %s".formatted(entry, LocaleEncoding.reason(e)));
    } catch (PatternSyntaxException e) {
      throw new DatasetException("'%s' is not a glob: %s".formatted(entry, e.getDescription()));
    }
    throw new DatasetException(
        "'%s' is not a file of the service's dataset folders (%s), the only files it reads; upload it,"
                .formatted(entry, String.join(", ", folders.stream().map(Path::toString).toList()))
            + " in the page under 'New run' or with 'curl -T FILE SERVICE/api/v1/datasets/NAME', or"
            + " copy it there");
  }

  private static boolean isGlob(Path path) {
    return path.getFileName().toString().chars().anyMatch(c -> GLOB_CHARACTERS.indexOf(c) >= 0);
  }

  /** Whether the file is in the folder after following symbolic links. */
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
          "'%s': '**' is not allowed: a pattern must stay in one folder".formatted(glob));
    }
    PathMatcher matcher = FileSystems.getDefault().getPathMatcher("glob:" + glob);
    try (Stream<Path> files = Files.list(glob.getParent())) {
      List<Path> matches = files.filter(matcher::matches).toList();
      return !matches.isEmpty() && matches.stream().allMatch(file -> isInside(folder, file));
    } catch (IOException e) {
      return false;
    }
  }

  /** The files directly in the folders, as entries for {@code data.corpus}. */
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
