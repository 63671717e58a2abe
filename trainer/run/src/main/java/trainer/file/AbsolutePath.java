package trainer.file;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Absolute paths without {@code .} and {@code ..}. */
public final class AbsolutePath {
  private AbsolutePath() {}

  /**
   * The path that the operating system would open: behind a link, {@code ..} is the parent of the
   * folder that the link leads to, and not, as in {@link Path#normalize}, that of the link.
   */
  public static Path of(Path path) {
    Path absolute = path.toAbsolutePath();
    Path result = absolute.getRoot();
    for (Path name : absolute) {
      result =
          switch (name.toString()) {
            case ".", "" -> result;
            case ".." -> parent(result);
            default -> result.resolve(name);
          };
    }
    return result;
  }

  private static Path parent(Path folder) {
    Path parent = target(folder).getParent();
    return parent == null ? folder : parent;
  }

  private static Path target(Path folder) {
    try {
      return Files.isSymbolicLink(folder) ? folder.toRealPath() : folder;
    } catch (IOException e) {
      return folder; // it leads nowhere, as whoever opens the path will find out
    }
  }
}
