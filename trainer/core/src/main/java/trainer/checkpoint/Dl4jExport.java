package trainer.checkpoint;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import trainer.file.AtomicFile;
import trainer.run.RunException;

/** A checkpoint as a plain DL4J model: only its three entries. */
public final class Dl4jExport {
  private Dl4jExport() {}

  /**
   * Writes the model.
   *
   * @throws RunException if the file cannot be written
   */
  public static void write(Checkpoint checkpoint, Path file) {
    StoredZip zip = new StoredZip();
    zip.add(
        CheckpointReader.NETWORK,
        checkpoint.networkConfiguration().getBytes(StandardCharsets.UTF_8));
    zip.add(CheckpointReader.PARAMETERS, out -> ArrayFormat.write(checkpoint.parameters(), out));
    if (checkpoint.updaterState() != null) {
      zip.add(CheckpointReader.UPDATER, out -> ArrayFormat.write(checkpoint.updaterState(), out));
    }
    AtomicFile.write(file, zip::writeTo);
  }
}
