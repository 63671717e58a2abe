package trainer.service.runs;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import trainer.service.database.Sql;

/**
 * One process's work on a run.
 *
 * @param attempt from 1
 * @param endedAt null while it goes on
 * @param outcome null while it goes on; otherwise the state that the run was put into by its end,
 *     or {@code lost} where its worker was not heard of any more
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
