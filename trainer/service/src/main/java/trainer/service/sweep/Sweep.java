package trainer.service.sweep;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import trainer.service.database.Sql;
import trainer.trial.Halving;

/**
 * A row of the table of sweeps. Times are by the database's clock.
 *
 * @param number order of submission
 * @param id {@code sweep_} and eight letters and digits; also a tag of its runs
 * @param iterations of a whole run, where there is halving; else null
 * @param step of halving, from 0
 * @param stopping why it ends early; null: it does not
 * @param reason for its state, or null
 * @param version of the model that its best trial is; null: none
 */
public record Sweep(
    long number,
    String id,
    SweepPlan plan,
    State state,
    Integer iterations,
    int step,
    String stopping,
    String reason,
    Integer version,
    String submittedBy,
    Instant submittedAt,
    Instant endedAt) {

  /** Regular expression of an id, which no run can have. */
  public static final String ID_FORM = "sweep_[0-9a-z]{8}";

  /** The possible states. */
  public enum State {
    RUNNING,
    SUCCEEDED,
    FAILED,
    CANCELLED;

    /** Lower case, as stored and shown. */
    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * The iterations that trials are trained to before some are dropped, and the number of trials
   * that are.
   *
   * @param trials of the sweep
   */
  public Map<Integer, Integer> steps(int trials) {
    return Halving.steps(trials, iterations, plan.halving());
  }

  static Sweep of(ResultSet row) throws SQLException {
    return new Sweep(
        row.getLong("number"),
        row.getString("id"),
        new SweepPlan(
            row.getString("name"),
            row.getString("configuration"),
            List.of(row.getString("variations").split("\n")),
            Sql.integer(row, "drawn"),
            row.getLong("seed"),
            row.getInt("halving"),
            Sql.real(row, "max_minutes"),
            row.getString("model")),
        State.valueOf(row.getString("state").toUpperCase(Locale.ROOT)),
        Sql.integer(row, "iterations"),
        row.getInt("step"),
        row.getString("stopping"),
        row.getString("reason"),
        Sql.integer(row, "version"),
        row.getString("submitted_by"),
        Sql.instant(row, "submitted_at"),
        Sql.instant(row, "ended_at"));
  }
}
