package trainer.text;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import trainer.file.ShellWord;

/**
 * The folders that a process may read texts from. Links are followed, and must stay inside.
 *
 * @param folders null: all
 */
public record Confinement(List<Path> folders) {
  public Confinement {
    folders = folders == null ? null : List.copyOf(folders);
  }

  /** Every folder is allowed. */
  public static Confinement none() {
    return new Confinement(null);
  }

  /**
   * The path to read in place of this one: its real path, which no link changes later.
   *
   * @throws TextException if that is outside the folders
   */
  Path admit(Path path) throws IOException {
    if (folders == null) {
      return path;
    }
    Path real = path.toRealPath();
    for (Path folder : folders) {
      if (folder.toFile().exists() && real.startsWith(folder.toRealPath())) {
        return real;
      }
    }
    throw new TextException(
        "%s: leads out of the folders that may be read (%s); copy the file there"
            .formatted(
                ShellWord.shown(path),
                folders.stream().map(ShellWord::shown).collect(Collectors.joining(", "))));
  }
}
