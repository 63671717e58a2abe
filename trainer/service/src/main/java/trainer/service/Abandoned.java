package trainer.service;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Unfinished files of services that were killed: those older than a day. */
public final class Abandoned {
  private static final Duration AGE = Duration.ofDays(1); // another node may finish a younger one

  private Abandoned() {}

  /**
   * The abandoned files of a folder; none if there is no folder.
   *
   * @param prefix of the names of unfinished files
   */
  public static List<Path> in(Path folder, String prefix) throws IOException {
    List<Path> found = new ArrayList<>();
    if (!Files.isDirectory(folder)) {
      return found;
    }
    Instant before = Instant.now().minus(AGE);
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, prefix + "*")) {
      for (Path file : files) {
        if (Files.getLastModifiedTime(file, LinkOption.NOFOLLOW_LINKS)
            .toInstant()
            .isBefore(before)) {
          found.add(file);
        }
      }
    } catch (NoSuchFileException e) {
      return found; // finished just now; what is left out waits for the next time
    }
    return found;
  }
}
