package trainer.text;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A temporary folder of a fuzz target, deleted when the process ends. */
public final class FuzzFolder {
  private FuzzFolder() {}

  /** A new folder for files of these names. */
  public static Path of(String... names) {
    try {
      Path folder = Files.createTempDirectory("fuzz");
      folder.toFile().deleteOnExit();
      // Deleted in reverse order: the folder last.
      List.of(names).stream()
          .map(name -> folder.resolve(name).toFile())
          .forEach(File::deleteOnExit);
      return folder;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
