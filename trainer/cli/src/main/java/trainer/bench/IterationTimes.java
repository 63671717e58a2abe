package trainer.bench;

import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import trainer.network.CharacterNetwork;
import trainer.text.Lanes;
import trainer.text.Segment;
import trainer.training.StopSignal;

/**
 * Times of training iterations, from reading characters to the update.
 *
 * @param milliseconds of each iteration, in order
 * @param warmUp iterations before, not timed
 * @param phases mean milliseconds per iteration by phase; empty if the engine does not measure them
 */
public record IterationTimes(double[] milliseconds, int warmUp, Map<String, Double> phases) {
  /** For the JIT compiler. */
  private static final int WARM_UP = 20;

  private static final double WARM_UP_SECONDS = 15;

  /**
   * Trains networks in alternating iterations on the same text, repeated if it is short.
   *
   * @param stop ends the measurement early; the times are then invalid
   * @return the times of each network
   */
  public static List<IterationTimes> measure(
      List<CharacterNetwork> networks, Lanes lanes, int iterations, StopSignal stop) {
    List<Timer> timers = networks.stream().map(network -> new Timer(network, lanes)).toList();
    for (Timer timer : timers) {
      timer.warmUp(stop);
    }
    double[][] milliseconds = new double[timers.size()][iterations];
    for (int i = 0; i < iterations && !stop.requested(); i++) {
      for (int side = 0; side < milliseconds.length; side++) {
        milliseconds[side][i] = timers.get(side).iterate();
      }
    }
    IterationTimes[] times = new IterationTimes[timers.size()];
    Arrays.setAll(times, side -> timers.get(side).times(milliseconds[side]));
    return List.of(times);
  }

  private static final class Timer {
    private final CharacterNetwork network;
    private final Lanes lanes;
    private final Segment segment;
    private int iterations;
    private int warmUp;
    private Map<String, Duration> phasesBefore = Map.of();

    Timer(CharacterNetwork network, Lanes lanes) {
      this.network = network;
      this.lanes = lanes;
      segment = new Segment(lanes.length(), lanes.lanes());
    }

    void warmUp(StopSignal stop) {
      double spent = 0; // milliseconds
      while (iterations < WARM_UP && spent < WARM_UP_SECONDS * 1e3 && !stop.requested()) {
        spent += iterate();
      }
      warmUp = iterations;
      phasesBefore = network.engine().phaseTimes();
    }

    /** Milliseconds of one iteration. */
    double iterate() {
      long before = System.nanoTime();
      lanes.read(iterations % lanes.segments(), segment);
      network.fit(segment);
      iterations++;
      return (System.nanoTime() - before) / 1e6;
    }

    IterationTimes times(double[] milliseconds) {
      Map<String, Double> phases = new LinkedHashMap<>();
      network
          .engine()
          .phaseTimes()
          .forEach(
              (phase, time) ->
                  phases.put(
                      phase,
                      time.minus(phasesBefore.get(phase)).toNanos() / 1e6 / milliseconds.length));
      return new IterationTimes(milliseconds, warmUp, phases);
    }
  }

  Spread spread() {
    return Spread.of(milliseconds);
  }

  /** Times relative to {@code other}'s, pair by pair. */
  Spread ratioTo(IterationTimes other) {
    double[] ratios = new double[milliseconds.length];
    Arrays.setAll(ratios, i -> milliseconds[i] / other.milliseconds[i]);
    return Spread.of(ratios);
  }
}
