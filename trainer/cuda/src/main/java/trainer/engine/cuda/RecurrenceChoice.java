package trainer.engine.cuda;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import trainer.config.Compute;
import trainer.config.Compute.Recurrence;
import trainer.config.Configuration;
import trainer.cuda.CudaException;
import trainer.cuda.Failure;
import trainer.cuda.GpuMemoryException;
import trainer.cuda.KernelCache;
import trainer.engine.Allreduce;
import trainer.engine.cuda.PersistentPlan.Direction;
import trainer.text.Segment;

/**
 * Chooses how a GPU runs the time steps of a network: trains that network on random text in every
 * way, and takes the fastest one. The persistent kernels must also give the same gradient, also
 * where they are asked for: they are compiled for the sizes of the network, so that only this shows
 * whether they are right. Where those in clusters are not, the others are tried.
 */
final class RecurrenceChoice {
  private static final Logger LOG = LoggerFactory.getLogger(RecurrenceChoice.class);
  private static final int SEED = 17;
  private static final String RIGHT = "right";

  /** Calls, and calls that are captured: not timed. */
  private static final int UNTIMED = 2;

  private static final int TIMED = 4;

  /** What a way must save of the time of a simpler one: less may be chance. */
  private static final double SAVED = 0.05;

  /**
   * Segments of one way.
   *
   * @param seconds of the fastest
   * @param gradient of the last
   */
  private record Trial(double seconds, float[] gradient) {}

  private final Configuration configuration;
  private final Compute compute;
  private final SelfCheck.Case of;
  private final int groups;
  private final Function<Recurrence, Device> opener;
  private final KernelCache cache;
  private final LongSupplier clock;

  private RecurrenceChoice(
      Configuration configuration,
      int vocabulary,
      Compute compute,
      Function<Recurrence, Device> opener,
      KernelCache cache,
      LongSupplier clock) {
    this.configuration = configuration;
    this.compute = compute;
    this.opener = opener;
    this.cache = cache;
    this.clock = clock;
    groups = compute.groups() / compute.ranks();
    of =
        new SelfCheck.Case(
            configuration.model().layers(),
            vocabulary,
            configuration.training().batchSize() / compute.ranks(),
            configuration.training().sequenceLength());
  }

  /**
   * Measures, unless a way is asked for that is known to be right.
   *
   * @param compute several GPUs share the lanes; the first one is measured with its share
   * @param opener opens the GPU with a recurrence, or a slower way of computing
   * @param cache remembers for which networks persistent kernels are right
   * @param clock nanoseconds
   */
  static Recurrence of(
      Configuration configuration,
      int vocabulary,
      Compute compute,
      Function<Recurrence, Device> opener,
      KernelCache cache,
      LongSupplier clock) {
    return new RecurrenceChoice(configuration, vocabulary, compute, opener, cache, clock).made();
  }

  private Recurrence made() {
    boolean open = compute.recurrence() == Recurrence.AUTO;
    Map<Recurrence, Trial> trials = new EnumMap<>(Recurrence.class);
    for (Recurrence way : ways()) {
      Device device = opener.apply(way);
      String key = "persistent kernels\n%s\n%d\n%s".formatted(of, groups, device.identity());
      Trial trial;
      try {
        Optional<String> known = cache.recall(key);
        boolean possible = known.orElse(RIGHT).equals(RIGHT) && of.steps() > 1 && fits(device, way);
        if (!possible || (!open && known.isPresent())) {
          device.close();
          if (possible) {
            return way;
          }
          continue;
        }
        trial = trial(device);
      } catch (GpuMemoryException e) {
        warn(way, e.getMessage());
        continue;
      } catch (CudaException e) {
        cache.remember(key, e.getMessage());
        if (device.gpu().isLost()) {
          throw e;
        }
        warn(way, e.getMessage());
        continue;
      }
      Trial bySteps = trials.computeIfAbsent(Recurrence.STEPS, steps -> trial(opener.apply(steps)));
      Optional<String> wrong = wrong(trial, bySteps);
      cache.remember(key, wrong.orElse(RIGHT));
      wrong.ifPresent(failure -> warn(way, failure));
      if (wrong.isEmpty() && !open) {
        return way;
      }
      if (wrong.isEmpty()) {
        trials.put(way, trial);
      }
    }
    return fastest(trials);
  }

  /** What to try, besides the steps. */
  private List<Recurrence> ways() {
    return compute.recurrence() == Recurrence.PERSISTENT
        ? List.of(Recurrence.PERSISTENT)
        : List.of(Recurrence.CLUSTERS, Recurrence.PERSISTENT);
  }

  /** A way must save some time of each simpler one. */
  private Recurrence fastest(Map<Recurrence, Trial> trials) {
    Recurrence best = Recurrence.STEPS;
    List<String> times = new ArrayList<>();
    for (Map.Entry<Recurrence, Trial> trial : trials.entrySet()) { // simpler ones first
      double seconds = trial.getValue().seconds();
      times.add(
          String.format(Locale.ROOT, "%s %.2f", trial.getKey(), 1e3 * seconds)
              .toLowerCase(Locale.ROOT));
      if (seconds < (1 - SAVED) * trials.get(best).seconds()) {
        best = trial.getKey();
      }
    }
    if (times.size() > 1) {
      LOG.info("{}: milliseconds a segment: {}", of, String.join(", ", times));
    }
    return best;
  }

  /** What is wrong with persistent kernels; empty if nothing is. */
  private Optional<String> wrong(Trial persistent, Trial bySteps) {
    double[] expected = new double[bySteps.gradient().length];
    for (int i = 0; i < expected.length; i++) {
      expected[i] = bySteps.gradient()[i];
    }
    double error = SelfCheck.error(persistent.gradient(), expected);
    double allowed = 2 * SelfCheck.gradientTolerance(compute.precision()); // of each way one
    return error <= allowed
        ? Optional.empty()
        : Optional.of(
            String.format(Locale.ROOT, "gradients differ by %.1e (%.0e allowed)", error, allowed));
  }

  /** Whether a way differs from the simpler ones for any of the layers. */
  private boolean fits(Device device, Recurrence way) {
    int ofPass = Math.max(1, of.lanes() / Math.max(1, groups));
    try {
      return of.layers().stream()
          .flatMap(
              layer ->
                  Stream.of(Direction.values())
                      .map(direction -> PersistentKernel.plan(device, layer, ofPass, direction)))
          .flatMap(Optional::stream)
          .anyMatch(plan -> way == Recurrence.PERSISTENT || plan.inClusters());
    } catch (RuntimeException e) {
      Failure.closing(e, device);
      throw e;
    }
  }

  private void warn(Recurrence way, String failure) {
    LOG.warn(
        "persistent kernels{} are not used for {}: {}",
        way == Recurrence.CLUSTERS ? " in clusters" : "",
        of,
        failure);
  }

  /** Trains; closes the device. */
  private Trial trial(Device device) {
    Random random = new Random(SEED);
    try (CudaNetwork network =
        CudaNetwork.of(configuration, of.vocabulary(), device, groups, Allreduce.ALONE)) {
      network.writeParameters(SelfCheck.drawn(random, network.layout()));
      double seconds = Double.POSITIVE_INFINITY;
      for (int i = 0; i < UNTIMED + TIMED; i++) {
        Segment segment = SelfCheck.segment(random, of); // another: old results must not pass
        network.finish();
        long start = clock.getAsLong();
        network.gradient(segment, i);
        if (i >= UNTIMED) {
          seconds = Math.min(seconds, (clock.getAsLong() - start) / 1e9);
        }
      }
      float[] gradient = new float[network.layout().vectorLength()];
      network.readGradient(gradient);
      return new Trial(seconds, gradient);
    }
  }
}
