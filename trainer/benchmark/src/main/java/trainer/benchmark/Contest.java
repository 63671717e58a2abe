package trainer.benchmark;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import trainer.bench.Spread;
import trainer.benchmark.SideProcess.Program;
import trainer.benchmark.SideProcess.ThreadSetting;

/**
 * Compares this program with another on the same parameters and text: losses first, then times.
 *
 * @param workload of this program
 * @param opponents the same, or a different cell if two cells of this program are compared
 * @param settings to try for the opponent; the fastest is used
 */
record Contest(
    Workload workload,
    Program program,
    Workload opponents,
    Program opponent,
    List<ThreadSetting> settings) {
  private static final int VERIFIED_STEPS = 5;
  private static final double TOLERANCE = 1e-4;
  private static final double TOLERANCE_OF_BFLOAT16 = 1e-2; // relative, of a loss
  private static final int WARM_UP_STEPS = 5;
  private static final int SETTING_STEPS = 3;
  // Idle OpenMP threads spin for some 200 ms before they sleep.
  private static final int SETTLING_MILLISECONDS = 400;

  /**
   * The length of the measurement.
   *
   * @param rounds each with one turn per side
   * @param milliseconds approximate duration of a turn, which has at least two steps
   */
  record Effort(int rounds, double milliseconds) {}

  /**
   * The measurements.
   *
   * @param ratio the opponent's milliseconds divided by this program's, per round
   * @param difference largest relative difference of losses; NaN for different cells
   */
  record Result(
      Contest contest,
      Measured own,
      Measured opponents,
      Spread ratio,
      double difference,
      ThreadSetting setting) {}

  /**
   * One side's measurements.
   *
   * @param milliseconds per step, per round
   * @param memory peak resident memory of its process, MiB
   */
  record Measured(Spread milliseconds, double memory) {}

  String title() {
    return "%s, %s".formatted(workload.network(), batch());
  }

  /** Lanes and length. */
  String batch() {
    return "B=%d T=%d".formatted(workload.lanes(), workload.length());
  }

  Result run(Effort effort, ThreadSetting own, Path folder) throws IOException {
    Path file = folder.resolve("workload");
    Path opponentsFile = folder.resolve("opponents-workload");
    Files.createDirectories(folder);
    workload.write(file);
    opponents.write(opponentsFile);
    ThreadSetting setting = fastest(opponentsFile, folder);
    try (SideProcess mine = new SideProcess(program, file, own, folder);
        SideProcess theirs = new SideProcess(opponent, opponentsFile, setting, folder)) {
      double difference = workload.equals(opponents) ? verify(mine, theirs) : Double.NaN;
      int ownSteps = steps(mine, effort);
      int theirSteps = steps(theirs, effort);
      double[] milliseconds = new double[effort.rounds()];
      double[] theirMilliseconds = new double[effort.rounds()];
      double[] ratios = new double[effort.rounds()];
      for (int round = 0; round < ratios.length; round++) {
        if (round % 2 == 0) {
          milliseconds[round] = turn(mine, ownSteps);
          theirMilliseconds[round] = turn(theirs, theirSteps);
        } else {
          theirMilliseconds[round] = turn(theirs, theirSteps);
          milliseconds[round] = turn(mine, ownSteps);
        }
        ratios[round] = theirMilliseconds[round] / milliseconds[round];
      }
      return new Result(
          this,
          new Measured(Spread.of(milliseconds), mine.memory()),
          new Measured(Spread.of(theirMilliseconds), theirs.memory()),
          Spread.of(ratios),
          difference,
          setting);
    }
  }

  private ThreadSetting fastest(Path file, Path folder) {
    if (settings.size() == 1) {
      return settings.get(0);
    }
    Map<ThreadSetting, Double> found = new LinkedHashMap<>();
    for (ThreadSetting setting : settings) {
      found.put(setting, trial(setting, file, folder));
    }
    double least = Collections.min(found.values());
    // Again those that may be the fastest, against momentary load on the machine.
    found.values().removeIf(milliseconds -> milliseconds > 1.5 * least);
    found.replaceAll(
        (setting, milliseconds) -> Math.min(milliseconds, trial(setting, file, folder)));
    return Collections.min(found.entrySet(), Map.Entry.comparingByValue()).getKey();
  }

  /** Milliseconds per step of the opponent. */
  private double trial(ThreadSetting setting, Path file, Path folder) {
    try (SideProcess process = new SideProcess(opponent, file, setting, folder)) {
      process.time(2);
      double milliseconds = turn(process, SETTING_STEPS);
      System.err.printf("  %s, %s: %.1f ms%n", opponent.title(), setting, milliseconds);
      return milliseconds;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private double verify(SideProcess mine, SideProcess theirs) {
    double[] losses = mine.losses(VERIFIED_STEPS);
    double[] theirLosses = theirs.losses(VERIFIED_STEPS);
    double tolerance = workload.bfloat16() ? TOLERANCE_OF_BFLOAT16 : TOLERANCE;
    double greatest = 0;
    for (int i = 0; i < losses.length; i++) {
      double difference = Math.abs(losses[i] / theirLosses[i] - 1);
      if (!(difference <= tolerance)) {
        throw new IllegalStateException(
            "%s: at step %d the loss is %.6f nats per character here and %.6f with %s, more than %.0e apart: times would not be comparable"
                .formatted(title(), i + 1, losses[i], theirLosses[i], opponent.title(), tolerance));
      }
      greatest = Math.max(greatest, difference);
    }
    System.err.printf(
        "  losses of %d steps agree to %.1e (%.4f to %.4f nats per character)%n",
        VERIFIED_STEPS, greatest, losses[0], losses[VERIFIED_STEPS - 1]);
    return greatest;
  }

  private static int steps(SideProcess process, Effort effort) {
    double milliseconds = Spread.of(process.time(WARM_UP_STEPS)).median();
    return (int) Math.max(2, Math.round(effort.milliseconds() / milliseconds));
  }

  /** Median milliseconds per step, once the other side's threads sleep. */
  private static double turn(SideProcess process, int steps) {
    try {
      Thread.sleep(SETTLING_MILLISECONDS);
    } catch (InterruptedException e) {
      throw new IllegalStateException("interrupted", e);
    }
    return Spread.of(process.time(steps)).median();
  }
}
