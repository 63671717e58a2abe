package trainer.service.runs;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import trainer.service.database.Sql;

/**
 * One process that trains a run.
 *
 * @param attempt from 1; the fencing token
 * @param endedAt null while it runs
 * @param outcome null while it runs; else the state the run changed to, or {@code lost} if the
 *     lease expired
 */
public record Attempt(
    int attempt, String worker, Instant startedAt, Instant endedAt, String outcome, String reason) {
  static Attempt of(ResultSet row) throws SQLException {
    return new Attempt(
        row.getInt("attempt"),
        row.getString("worker"),
        Sql.instant(row, "started_at"),
        Sql.instant(row, "ended_at"),
        row.getString("outcome"),
        row.getString("reason"));
  }
}
