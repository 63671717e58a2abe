package trainer.cli;

import java.util.List;
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

  /** Of training, before the cost of an evaluation is measured: steps are slow at first. */
  private static final double SECONDS_TO_ESTIMATE = 1;

  /** Of a line on a terminal. */
  private static final int COLUMNS = 79;

  private final TrainingPlan plan;
  private final double startSeconds;
  private final int epochs;
  private final long iterations; // of the whole run
  private final Bar bar; // null without a terminal
  private final TimeLeft left;
  private double lineSeconds;
  private double lossSum;
  private int losses;

  TrainingProgress(TrainingPlan plan) {
    TrainingState state = plan.state();
    this.plan = plan;
    this.startSeconds = state.seconds();
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
    if (left.lacksEvaluation() && now - startSeconds >= SECONDS_TO_ESTIMATE) {
      left.expectEvaluation(plan.secondsPerEvaluation());
      now = state.seconds();
    }
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

  /** Empty before there is an estimate. */
  private String eta(TrainingState state) {
    if (left.lacksEvaluation()) {
      return "";
    }
    double seconds = left.after(state.iteration(), state.secondsPerStep(), state.seconds());
    return Double.isNaN(seconds) ? "" : " · ETA " + Console.duration(seconds);
  }

  /** On a terminal, where the bar below shows the ETA, as much as fits. */
  private String line(TrainingState state) {
    int shownEpoch = Math.min(epochs, state.epoch() + (state.segment() == 0 ? 0 : 1));
    String epoch = Console.format("epoch %d/%d · ", shownEpoch, epochs);
    String iteration = Console.format("iter %,d/%,d", state.iteration(), iterations);
    String gradient = Console.format(" · grad %.2f", state.gradientNorm());
    String speed =
        Double.isNaN(state.charactersPerSecond())
            ? ""
            : " · " + Speed.text(state.charactersPerSecond());
    String line = iteration + losses(state);
    return bar == null
        ? epoch + line + gradient + speed + eta(state)
        : fitting(List.of(epoch + line + speed, line + speed, epoch + line, line));
  }

  /** The first that fits, or else the last. */
  static String fitting(List<String> lines) {
    return lines.stream()
        .filter(line -> line.codePointCount(0, line.length()) <= COLUMNS)
        .findFirst()
        .orElse(lines.get(lines.size() - 1));
  }

  private String losses(TrainingState state) {
    String training = losses > 0 ? Console.format(" · train %.3f", lossSum / losses) : "";
    if (state.validationLoss() == null) {
      return training + " nats";
    }
    double loss = state.validationLoss();
    return training
        + Console.format(" val %.3f nats (%.2f bits)", loss, Console.bits(loss))
        + (state.validation().isBest(state.iteration()) ? " best" : "");
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
    }
  }
}
