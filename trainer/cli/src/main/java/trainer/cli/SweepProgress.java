package trainer.cli;

import trainer.bench.Speed;
import trainer.cli.console.Bar;
import trainer.cli.console.Console;
import trainer.job.JobReporter;
import trainer.job.TrainingPlan;
import trainer.search.Sweep;
import trainer.search.Trial;
import trainer.search.TrialResult;
import trainer.search.TrialResult.State;
import trainer.training.TrainingState;

/** Shows a sweep on the console: a line per trial, and on a terminal a bar of its iterations. */
final class SweepProgress implements Sweep.Listener, JobReporter {
  private final Sweep sweep;
  private final int runs; // some trials run more than once
  private final long startNanos = System.nanoTime();
  private int started;
  private int from; // iteration
  private long trained; // iterations
  private String name;
  private Bar bar; // null without a terminal, and between two runs
  private double best = Double.NaN; // nats

  SweepProgress(Sweep sweep) {
    this.sweep = sweep;
    this.runs = sweep.steps().values().stream().mapToInt(Integer::intValue).sum();
  }

  @Override
  public void starts(Trial trial, int until) {
    started++;
    name = "%d/%d %s".formatted(started, runs, trial.name());
    from = -1;
  }

  @Override
  public JobReporter reporter() {
    return this;
  }

  @Override
  public void started(TrainingPlan plan) {
    if (from < 0) {
      from = plan.state().iteration();
    }
    bar = Console.bar(name, plan.state().iteration(), plan.iterations(), "it", 1);
  }

  @Override
  public void updated(TrainingState state) {
    if (bar != null) {
      bar.show(state.iteration());
    }
  }

  @Override
  public void ended() {
    if (bar != null) {
      bar.close();
      bar = null;
    }
  }

  @Override
  public void ended(TrialResult result) {
    if (result.state() == State.FAILED) {
      Console.line("%s: failed: %s".formatted(name, result.failure()));
      return;
    }
    if (from >= 0) {
      trained += result.iterations() - from;
    }
    // A later run has trained further than an earlier one of another trial.
    boolean isBest = !(result.loss() >= best);
    if (isBest) {
      best = result.loss();
    }
    Console.line(
        Console.format(
                "%s: %.3f nats (%.2f bits) at iteration %,d of %,d · %s",
                name,
                result.loss(),
                Console.bits(result.loss()),
                result.bestIteration(),
                result.iterations(),
                Speed.text(result.charactersPerSecond()))
            + (isBest ? " · best so far" : "")
            + eta(result));
  }

  /** At the mean speed so far. */
  private String eta(TrialResult result) {
    long whole = 0;
    int before = 0;
    for (var step : sweep.steps().entrySet()) {
      int until = step.getKey() == Integer.MAX_VALUE ? result.iterations() : step.getKey();
      whole += (long) step.getValue() * (until - before);
      before = until;
    }
    double seconds = (System.nanoTime() - startNanos) / 1e9;
    return trained == 0 || started == runs
        ? ""
        : " · ETA " + Console.duration(seconds * Math.max(0, left(whole, result)) / trained);
  }

  private long left(long whole, TrialResult result) {
    long done = 0;
    int runsLeft = started;
    int before = 0;
    for (var step : sweep.steps().entrySet()) {
      int until = step.getKey() == Integer.MAX_VALUE ? result.iterations() : step.getKey();
      int ended = Math.min(runsLeft, step.getValue());
      done += (long) ended * (until - before);
      runsLeft -= ended;
      before = until;
    }
    return whole - done;
  }
}
