package trainer.service.registry;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Locale;
import trainer.service.database.Sql;

/**
 * A decision about the champion of a model. Decisions are only ever added.
 *
 * @param number orders them
 * @param version that was promoted, gone back to, or not promoted
 * @param champion before the decision; null where there was none
 * @param figures JSON object with what was measured, or null
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

  /** What was decided. */
  public enum Kind {
    /** The version became the champion. */
    PROMOTED,

    /** The version became the champion again. */
    ROLLED_BACK,

    /** The champion stayed; the version did not become it. */
    KEPT;

    /** As it is stored and shown: lower case. */
    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Selects what {@link #of} reads; conditions on {@code p} and {@code m} may follow. */
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
