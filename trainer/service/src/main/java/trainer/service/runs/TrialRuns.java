package trainer.service.runs;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import trainer.service.database.Database;
import trainer.service.database.Sql;

/** The runs of sweeps, in the transactions of their steps. */
public final class TrialRuns {
  private final Database database;
  private final Runs runs;

  public TrialRuns(Database database, Runs runs) {
    this.database = database;
    this.runs = runs;
  }

  /**
   * Queues a run with labels, within a transaction.
   *
   * @param until iterations that it is trained to; null: as it is configured
   */
  public Run submit(Connection connection, Submission submission, Labels labels, Integer until)
      throws SQLException {
    Run run = runs.insert(connection, submission);
    return Sql.of(
            "UPDATE runs SET tags = ?, note = ?, train_until = ? WHERE number = ? RETURNING "
                + Run.COLUMNS,
            String.join(" ", labels.tags()),
            labels.note(),
            until,
            run.number())
        .first(connection, Run::of)
        .orElseThrow();
  }

  /** Cancels those of the runs that have not ended, within a transaction. */
  public void cancel(Connection connection, List<String> ids) throws SQLException {
    for (String id : ids) {
      runs.cancel(connection, id);
    }
  }

  /**
   * Requeues a run that has succeeded, within a transaction, to train further from its last
   * checkpoint. Another one stays as it is.
   *
   * @param until iterations; null: as it is configured
   */
  public void trainFurther(Connection connection, String id, Integer until) throws SQLException {
    Sql.of(
            "UPDATE runs SET state = 'queued', failures = 0, not_before = 0, finished_at = NULL,"
                + " train_until = ? WHERE id = ? AND state = 'succeeded'",
            until,
            id)
        .update(connection);
  }

  /** Lets the runs of a sweep that are resumed train to the end, within a transaction. */
  public void trainToTheEnd(Connection connection, long sweep) throws SQLException {
    Sql.of(
            "UPDATE runs SET train_until = NULL WHERE train_until IS NOT NULL"
                + " AND id IN (SELECT run FROM trials WHERE sweep = ?)",
            sweep)
        .update(connection);
  }

  /** The runs of a sweep that are there. */
  public List<Run> ofSweep(long sweep) {
    return database.read(connection -> ofSweep(connection, sweep));
  }

  /** The same within a transaction. */
  public List<Run> ofSweep(Connection connection, long sweep) throws SQLException {
    return Sql.of(
            "SELECT %s FROM runs WHERE id IN (SELECT run FROM trials WHERE sweep = ?)"
                .formatted(Run.COLUMNS),
            sweep)
        .list(connection, Run::of);
  }

  /**
   * Deletes the rows of ended runs, within a transaction.
   *
   * @throws RunStateException if one has not ended
   */
  public void delete(Connection connection, List<Run> ended) throws SQLException {
    for (Run run : ended) {
      runs.delete(connection, run.id());
    }
  }
}
