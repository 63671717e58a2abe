package trainer.service.runs;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import trainer.service.database.Sql;

/**
 * A row of the table of runs. Times are by the database's clock; null means not yet.
 *
 * @param number order of submission
 * @param id its name, a hyphen and eight letters and digits
 * @param priority higher is trained first
 * @param notBefore earliest time of the next attempt, after a failure
 * @param attempt number of its newest attempt, 0 before the first: the fencing token
 * @param failures since it was submitted or resumed
 * @param worker that holds the lease
 * @param reason for its state
 * @param initFrom registered version with its initial weights, {@code NAME@VERSION}, or null
 * @param failsAgain whether it failed because its input is wrong: it would fail again
 * @param forkedFrom run and iteration that it continues, {@code ID@ITERATION}, or null
 * @param labels what people say about it
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
    String initFrom,
    boolean failsAgain,
    String forkedFrom,
    Labels labels) {

  /** Regular expression of an id. Names of early runs may start with a hyphen. */
  public static final String ID_FORM = "[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}-[0-9a-z]{8}";

  /** The columns that {@link #of} reads. */
  static final String COLUMNS =
      "number, id, name, state, priority, submitted_by, submitted_at, not_before, started_at,"
          + " finished_at, attempt, failures, worker, cancel_requested, reason, init_from,"
          + " fails_again, forked_from, tags, note, archived";

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
        row.getString("init_from"),
        row.getBoolean("fails_again"),
        row.getString("forked_from"),
        Labels.of(row));
  }
}
