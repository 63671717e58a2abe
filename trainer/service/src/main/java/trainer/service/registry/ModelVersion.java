package trainer.service.registry;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import trainer.service.database.Sql;

/**
 * A version of a model. It never changes, except that aliases move and its files may be deleted and
 * restored.
 *
 * @param model name
 * @param version from 1
 * @param run id
 * @param sha256 of its file, hexadecimal
 * @param bytes of its file
 * @param corpusSha256 of its training text; null if unknown
 * @param iteration of the checkpoint; null if the run was not evaluated
 * @param validationLoss at that iteration, nats per character, on the run's validation split; null
 *     as above
 * @param deletedAt when its files were deleted, or null
 */
public record ModelVersion(
    String model,
    int version,
    String run,
    String sha256,
    long bytes,
    String corpusSha256,
    Integer iteration,
    Double validationLoss,
    String registeredBy,
    Instant registeredAt,
    Instant deletedAt,
    boolean champion,
    boolean challenger) {

  /** Query for {@link #of}; conditions on {@code m} and {@code v} may follow. */
  static final String SELECT =
      "SELECT m.name, v.version, v.run, v.sha256, v.bytes, v.corpus_sha256, v.iteration,"
          + " v.validation_loss, v.registered_by, v.registered_at, v.deleted_at,"
          + " EXISTS (SELECT 1 FROM model_aliases a WHERE a.model = v.model"
          + " AND a.version = v.version AND a.alias = 'champion') AS champion,"
          + " EXISTS (SELECT 1 FROM model_aliases a WHERE a.model = v.model"
          + " AND a.version = v.version AND a.alias = 'challenger') AS challenger"
          + " FROM model_versions v JOIN models m ON m.number = v.model";

  static ModelVersion of(ResultSet row) throws SQLException {
    return new ModelVersion(
        row.getString("name"),
        row.getInt("version"),
        row.getString("run"),
        row.getString("sha256"),
        row.getLong("bytes"),
        row.getString("corpus_sha256"),
        Sql.integer(row, "iteration"),
        Sql.real(row, "validation_loss"),
        row.getString("registered_by"),
        Sql.instant(row, "registered_at"),
        Sql.instant(row, "deleted_at"),
        row.getBoolean("champion"),
        row.getBoolean("challenger"));
  }

  /**
   * @throws RegistryException if its files were deleted
   */
  void checkFiles() {
    if (deletedAt != null) {
      throw RegistryException.conflict(
          "the files of %s were deleted on %s: choose a newer version, or register its run %s again"
              .formatted(reference(), deletedAt, run));
    }
  }

  /** As {@code NAME@VERSION}. */
  public String reference() {
    return model + "@" + version;
  }
}
