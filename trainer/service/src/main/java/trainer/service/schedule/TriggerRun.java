package trainer.service.schedule;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import trainer.service.database.Sql;

/**
 * What became of one instant of a schedule, or of one request. Null where something has not
 * happened.
 *
 * @param number orders them
 * @param schedule number of the schedule
 * @param key one trigger run of a schedule has it
 * @param requestedBy null where it was the clock
 * @param forced whether it trains even if nothing has changed
 * @param run id
 * @param version of the model that came of it
 * @param figures JSON object with what was measured
 * @param attempt how often a process has worked on it: its fence
 */
public record TriggerRun(
    long number,
    long schedule,
    String key,
    Instant dueAt,
    Instant firedAt,
    String requestedBy,
    boolean forced,
    TriggerRunState state,
    String reason,
    String run,
    String corpusSha256,
    Integer version,
    String figures,
    Instant endedAt,
    int attempt) {

  /** The columns that {@link #of} reads. */
  static final String COLUMNS =
      "number, schedule, key, due_at, fired_at, requested_by, forced, state, reason, run,"
          + " corpus_sha256, version, figures, ended_at, attempt";

  static TriggerRun of(ResultSet row) throws SQLException {
    return new TriggerRun(
        row.getLong("number"),
        row.getLong("schedule"),
        row.getString("key"),
        Sql.instant(row, "due_at"),
        Sql.instant(row, "fired_at"),
        row.getString("requested_by"),
        row.getBoolean("forced"),
        TriggerRunState.ofWord(row.getString("state")),
        row.getString("reason"),
        row.getString("run"),
        row.getString("corpus_sha256"),
        Sql.integer(row, "version"),
        row.getString("figures"),
        Sql.instant(row, "ended_at"),
        row.getInt("attempt"));
  }
}
