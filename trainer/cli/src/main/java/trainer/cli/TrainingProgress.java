package trainer.cli;

import java.util.Locale;
import trainer.bench.Speed;
import trainer.cli.console.Bar;
import trainer.cli.console.Console;
import trainer.job.TrainingPlan;
import trainer.training.Phase;
import trainer.training.TrainingState;

/** Shows training progress: a bar with ETA on a terminal, and a line at each evaluation. */
final class TrainingProgress implements AutoCloseable {
  private static final double SECONDS_BETWEEN_LINES = 30;

  /** Long enough to estimate the speed. */
  private static final double SECONDS_TO_FIRST_LINE = 5;

  private final int epochs;
  private final long iterations; // of the whole run
  private final Bar bar; // null without a terminal
  private final TimeLeft left;
  private double lineSeconds;
  private double lossSum;
  private int losses;

  TrainingProgress(TrainingPlan plan) {
    TrainingState state = plan.state();
    this.epochs = plan.configuration().training().epochs();
    this.iterations = plan.iterations();
    this.left = new TimeLeft(plan.configuration(), state.iteration(), iterations);
    this.lineSeconds = state.seconds() + SECONDS_TO_FIRST_LINE - SECONDS_BETWEEN_LINES;
    this.bar = Console.bar("training", state.iteration(), iterations, "it", 1);
  }

  void phase(Phase phase, TrainingState state) {
    left.starts(phase, state.seconds());
    show(phase.toString(), state);
  }

  void updated(TrainingState state) {
    if (!state.isFromEarlierProcess()) {
      lossSum += state.loss();
      losses++;
    }
    double now = state.seconds();
    left.ends(now);
    show("training", state);
    if (state.isInterrupted()) {
      return;
    }
    boolean evaluated = state.validationLoss() != null;
    if (evaluated || (bar == null && now - lineSeconds >= SECONDS_BETWEEN_LINES)) {
      if (bar != null) {
        bar.refresh(); // or it would stay an iteration behind the line
      }
      Console.line(line(state));
      lineSeconds = now;
      lossSum = 0;
      losses = 0;
    }
  }

  private void show(String task, TrainingState state) {
    if (bar != null) {
      String loss = String.format(Locale.ROOT, " · loss %.3f nats", state.runningLoss());
      bar.show(task, state.iteration(), loss + eta(state));
    }
  }

  /** Empty before the first step. */
  private String eta(TrainingState state) {
    double seconds = left.after(state.iteration(), state.secondsPerStep(), state.seconds());
    return Double.isNaN(seconds) ? "" : " · ETA " + Console.duration(seconds);
  }

  private String line(TrainingState state) {
    StringBuilder line = new StringBuilder();
    int shownEpoch = Math.min(epochs, state.epoch() + (state.segment() == 0 ? 0 : 1));
    add(line, "epoch %d/%d · iter %,d/%,d", shownEpoch, epochs, state.iteration(), iterations);
    if (losses > 0) {
      add(line, " · train %.3f", lossSum / losses);
    }
    if (state.validationLoss() != null) {
      double loss = state.validationLoss();
      add(line, " val %.3f nats (%.2f bits)", loss, Console.bits(loss));
      add(line, "%s", state.validation().isBest(state.iteration()) ? " best" : "");
    } else {
      add(line, " nats");
    }
    add(line, " · grad %.2f", state.gradientNorm());
    if (!Double.isNaN(state.charactersPerSecond())) {
      add(line, " · %s", Speed.text(state.charactersPerSecond()));
    }
    return line.append(eta(state)).toString();
  }

  private static void add(StringBuilder line, String format, Object... arguments) {
    line.append(String.format(Locale.ROOT, format, arguments));
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
    }
  }
}
