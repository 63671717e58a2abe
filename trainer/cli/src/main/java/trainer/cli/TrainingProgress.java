package trainer.cli;

import java.util.Locale;
import me.tongfei.progressbar.ProgressBar;
import trainer.bench.Speed;
import trainer.cli.console.Console;
import trainer.training.TrainingListener;
import trainer.training.TrainingState;

/** Shows training progress: a bar with ETA on a terminal, and a line at each evaluation. */
final class TrainingProgress implements TrainingListener, AutoCloseable {
  private static final double SECONDS_BETWEEN_LINES = 30;

  /** Long enough to estimate the speed. */
  private static final double SECONDS_TO_FIRST_LINE = 5;

  private final int epochs;
  private final long iterations;
  private final ProgressBar bar; // null without a terminal
  private final double startSeconds;
  private final int startIteration;
  private final long startCharacters;
  private double lineSeconds;
  private double lossSum;
  private int losses;

  /**
   * @param iterations of the whole run
   */
  TrainingProgress(TrainingState state, int epochs, long iterations) {
    this.epochs = epochs;
    this.iterations = iterations;
    this.startSeconds = state.seconds();
    this.lineSeconds = startSeconds + SECONDS_TO_FIRST_LINE - SECONDS_BETWEEN_LINES;
    this.startIteration = state.iteration();
    this.startCharacters = state.characters();
    this.bar = Console.bar("training", startIteration, iterations, "it", 1);
  }

  @Override
  public void updated(TrainingState state) {
    if (!state.isFromEarlierProcess()) {
      lossSum += state.loss();
      losses++;
    }
    double now = state.seconds();
    if (bar != null) {
      bar.stepTo(state.iteration());
      bar.setExtraMessage(String.format(Locale.ROOT, " · loss %.3f nats", state.runningLoss()));
    }
    if (state.isInterrupted()) {
      return;
    }
    boolean evaluated = state.validationLoss() != null;
    if (evaluated || (bar == null && now - lineSeconds >= SECONDS_BETWEEN_LINES)) {
      Console.line(line(state, now));
      lineSeconds = now;
      lossSum = 0;
      losses = 0;
    }
  }

  private String line(TrainingState state, double now) {
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
    double seconds = now - startSeconds;
    int done = state.iteration() - startIteration;
    if (done > 0) {
      add(line, " · %s", Speed.text((state.characters() - startCharacters) / seconds));
      double left = (iterations - state.iteration()) * seconds / done;
      add(line, " · ETA %s", Console.duration(left));
    }
    return line.toString();
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
