package trainer.service.runs;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import trainer.config.Configuration;
import trainer.service.database.Sql;

/**
 * A run as the database has it. Times are the database's; null where something has not happened.
 *
 * @param number orders the runs by submission
 * @param id names it to people and in paths: its name, a hyphen and eight letters and digits
 * @param priority higher goes first
 * @param notBefore when it may be tried again after a failure
 * @param attempt number of its newest attempt, 0 before the first: the fence of what it writes
 * @param failures how often it ended badly since it was submitted or resumed
 * @param worker who has it under lease
 * @param reason why it is in its state
 * @param initFrom the registered version whose weights it begins with, as {@code NAME@VERSION}, or
 *     null
 */
public record Run(
    long number,
    String id,
    String name,
    RunState state,
    int priority,
    String submittedBy,
    Instant submittedAt,
    Instant notBefore,
    Instant startedAt,
    Instant finishedAt,
    int attempt,
    int failures,
    String worker,
    boolean cancelRequested,
    String reason,
    String initFrom) {

  /** Form of an id, as a regular expression. */
  public static final String ID_FORM = Configuration.NAME_FORM + "-[0-9a-z]{8}";

  /** The columns that {@link #of} reads. */
  static final String COLUMNS =
      "number, id, name, state, priority, submitted_by, submitted_at, not_before, started_at,"
          + " finished_at, attempt, failures, worker, cancel_requested, reason, init_from";

  static Run of(ResultSet row) throws SQLException {
    return new Run(
        row.getLong("number"),
        row.getString("id"),
        row.getString("name"),
        RunState.ofWord(row.getString("state")),
        row.getInt("priority"),
        row.getString("submitted_by"),
        Sql.instant(row, "submitted_at"),
        Sql.instant(row, "not_before"),
        Sql.instant(row, "started_at"),
        Sql.instant(row, "finished_at"),
        row.getInt("attempt"),
        row.getInt("failures"),
        row.getString("worker"),
        row.getBoolean("cancel_requested"),
        row.getString("reason"),
        row.getString("init_from"));
  }
}
