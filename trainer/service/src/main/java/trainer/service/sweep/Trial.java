package trainer.service.sweep;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import trainer.service.database.Sql;

/**
 * A row of the table of trials. Figures are those at the end of its last step; null: none. Losses
 * are in nats per character.
 *
 * @param number from 1
 * @param run id
 * @param settings that it differs in, {@code KEY=VALUE}
 * @param firstLoss lowest validation loss at the end of the first step, which all trials reach
 * @param loss lowest validation loss
 * @param bestIteration its iteration
 * @param iterations trained
 * @param reason why it failed, or null
 */
public record Trial(
    int number,
    String run,
    List<String> settings,
    State state,
    Double firstLoss,
    Double loss,
    Integer bestIteration,
    Integer iterations,
    String reason) {

  /** The best first, then those that ended early, the longest trained first. */
  public static final Comparator<Trial> BEST_FIRST =
      Comparator.comparing(Trial::state)
          .thenComparing(
              trial ->
                  trial.state() == State.DROPPED && trial.iterations() != null
                      ? -trial.iterations()
                      : 0)
          .thenComparing(Trial::loss, Comparator.nullsLast(Comparator.naturalOrder()))
          .thenComparing(Trial::number);

  /** The first of them by {@link #BEST_FIRST}, if it was measured. */
  public static Optional<Trial> best(List<Trial> trials) {
    return trials.stream().min(BEST_FIRST).filter(trial -> trial.loss() != null);
  }

  /** The possible states, in the order of tables. */
  public enum State {
    /** Trained to the end. */
    FINISHED,
    /** Waits, is in training, or waits for the others of its step. */
    ACTIVE,
    /** Ended early by successive halving: others were better. */
    DROPPED,
    /** The sweep or its run was cancelled. */
    CANCELLED,
    /** Its run failed or was deleted. */
    FAILED;

    /** Lower case, as stored and shown. */
    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  Trial in(State next) {
    return new Trial(
        number, run, settings, next, firstLoss, loss, bestIteration, iterations, reason);
  }

  Trial in(State next, String why) {
    return new Trial(number, run, settings, next, firstLoss, loss, bestIteration, iterations, why);
  }

  /** With the figures of its run. */
  public Trial measured(Double lowest, Integer at, int trained) {
    return new Trial(number, run, settings, state, firstLoss, lowest, at, trained, reason);
  }

  Trial first() {
    return new Trial(number, run, settings, state, loss, loss, bestIteration, iterations, reason);
  }

  static Trial of(ResultSet row) throws SQLException {
    return new Trial(
        row.getInt("trial"),
        row.getString("run"),
        List.of(row.getString("settings").split("\n")),
        State.valueOf(row.getString("state").toUpperCase(Locale.ROOT)),
        Sql.real(row, "first_loss"),
        Sql.real(row, "loss"),
        Sql.integer(row, "best_iteration"),
        Sql.integer(row, "iterations"),
        row.getString("reason"));
  }
}
