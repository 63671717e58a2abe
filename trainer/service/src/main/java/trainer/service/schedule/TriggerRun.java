package trainer.service.schedule;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import trainer.service.database.Sql;

/**
 * One execution of a schedule, for an instant or a request. Null means not yet.
 *
 * @param number order of creation
 * @param schedule number of the schedule
 * @param key unique within the schedule
 * @param requestedBy null: triggered by time
 * @param forced whether it trains even if nothing has changed
 * @param run id
 * @param version registered by it
 * @param figures of the evaluation, a JSON object
 * @param attempt the fencing token
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
