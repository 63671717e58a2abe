package trainer.service.registry;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Locale;
import trainer.service.database.Sql;

/**
 * A recorded decision about the champion of a model; append-only.
 *
 * @param number order of decisions
 * @param version promoted, restored or not promoted
 * @param champion before the decision; null: none
 * @param figures of the evaluation, a JSON object, or null
 */
public record Promotion(
    long number,
    String model,
    Kind kind,
    int version,
    Integer champion,
    String decidedBy,
    Instant decidedAt,
    String reason,
    String figures) {

  /** The kinds of decisions. */
  public enum Kind {
    /** The version became the champion. */
    PROMOTED,

    /** The version became the champion again. */
    ROLLED_BACK,

    /** The champion stayed. */
    KEPT;

    /** Lower case, as stored and shown. */
    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Query for {@link #of}; conditions on {@code p} and {@code m} may follow. */
  static final String SELECT =
      "SELECT p.number, m.name, p.kind, p.version, p.champion, p.decided_by, p.decided_at,"
          + " p.reason, p.figures FROM promotions p JOIN models m ON m.number = p.model";

  static Promotion of(ResultSet row) throws SQLException {
    return new Promotion(
        row.getLong("number"),
        row.getString("name"),
        Kind.valueOf(row.getString("kind").toUpperCase(Locale.ROOT)),
        row.getInt("version"),
        Sql.integer(row, "champion"),
        row.getString("decided_by"),
        Sql.instant(row, "decided_at"),
        row.getString("reason"),
        row.getString("figures"));
  }
}
