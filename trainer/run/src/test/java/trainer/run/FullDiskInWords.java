package trainer.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import trainer.file.FileErrors;

/** A process on a full disk: prints the system's message, and whether it is recognized. */
final class FullDiskInWords {
  private FullDiskInWords() {}

  public static void main(String[] arguments) {
    try {
      Files.write(Path.of("/dev/full"), new byte[1]);
    } catch (IOException e) {
      System.out.print(e.getMessage() + ": " + FileErrors.isFullDisk(e));
    }
  }
}
