package trainer.checkpoint;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import trainer.engine.CarriedState;
import trainer.file.AtomicFile;
import trainer.run.RunException;
import trainer.training.Progress;
import trainer.training.Validation;

/**
 * The complete state for an exact resume, as one zip file. Its first entries are a DL4J model
 * ({@code configuration.json}, {@code coefficients.bin}, {@code updaterState.bin}), which {@code
 * ModelSerializer} can open; the rest is below {@code trainer/}, with a manifest of SHA-256
 * checksums. Entries have a fixed time, so the same state gives the same bytes.
 *
 * <p>Reading never deserializes Java objects, allocates no more memory than the file's size
 * justifies, and verifies all checksums.
 *
 * @param configuration config.yml with every key
 * @param vocabulary vocabulary.json
 * @param networkConfiguration DL4J's JSON of the network; it names classes, so check them before
 *     DL4J reads it
 * @param parameters in Deeplearning4j's order
 * @param updaterState numbers of the same type; null: the updater has no state
 * @param progress counts and losses
 * @param carried hidden state that the next segment starts from
 * @param metrics metrics.csv up to this iteration
 * @param provenance provenance.json
 */
public record Checkpoint(
    String configuration,
    String vocabulary,
    String networkConfiguration,
    Numbers parameters,
    Numbers updaterState,
    Progress progress,
    CarriedState carried,
    String metrics,
    String provenance) {

  /** A copy with another learning-rate factor. */
  public Checkpoint withLearningRateFactor(double factor) {
    return with(progress.withLearningRateFactor(factor));
  }

  /** A copy with another config.yml. */
  public Checkpoint with(String otherConfiguration) {
    return new Checkpoint(
        otherConfiguration,
        vocabulary,
        networkConfiguration,
        parameters,
        updaterState,
        progress,
        carried,
        metrics,
        provenance);
  }

  /** A copy with other results of evaluations. */
  public Checkpoint with(Validation validation) {
    return with(progress.with(validation));
  }

  private Checkpoint with(Progress other) {
    return new Checkpoint(
        configuration,
        vocabulary,
        networkConfiguration,
        parameters,
        updaterState,
        other,
        carried,
        metrics,
        provenance);
  }

  /** A copy for a larger vocabulary. */
  Checkpoint with(String characters, Numbers newParameters, Numbers newUpdaterState) {
    return new Checkpoint(
        configuration,
        characters,
        networkConfiguration,
        newParameters,
        newUpdaterState,
        progress,
        carried,
        metrics,
        provenance);
  }

  /**
   * Writes the file atomically.
   *
   * @throws RunException if it cannot be written; an existing file is then unchanged
   */
  public void write(Path file) {
    StoredZip zip = new StoredZip();
    zip.add(CheckpointReader.NETWORK, bytes(networkConfiguration));
    zip.add(CheckpointReader.PARAMETERS, out -> ArrayFormat.write(parameters, out));
    if (updaterState != null) {
      zip.add(CheckpointReader.UPDATER, out -> ArrayFormat.write(updaterState, out));
    }
    zip.add(CheckpointReader.CONFIGURATION, bytes(configuration));
    zip.add(CheckpointReader.VOCABULARY, bytes(vocabulary));
    zip.add(CheckpointReader.PROGRESS, bytes(ProgressFormat.write(progress)));
    zip.add(CheckpointReader.CARRIED, out -> CarriedStateFormat.write(carried, out));
    zip.add(CheckpointReader.METRICS, bytes(metrics));
    zip.add(CheckpointReader.PROVENANCE, bytes(provenance));
    zip.add(Manifest.NAME, bytes(Manifest.of(progress.iteration(), zip.entries())));
    CheckpointReader.checkSizes(file, zip.entries());
    AtomicFile.write(file, zip::writeTo);
  }

  /**
   * Reads and verifies the file.
   *
   * @throws RunException if it is missing, damaged or not a checkpoint of this program
   */
  public static Checkpoint read(Path file) {
    return CheckpointReader.read(file);
  }

  /**
   * A SHA-256 of the checksums of all entries: different for different checkpoints, without reading
   * more than the manifest.
   *
   * @throws RunException as {@link #read}, but only the manifest is verified
   */
  public static String fingerprint(Path file) {
    return CheckpointReader.fingerprint(file);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
