package trainer.engine.cuda;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import trainer.config.Compute;
import trainer.config.Compute.Recurrence;
import trainer.config.Configuration;
import trainer.config.Layer;
import trainer.cuda.CudaException;
import trainer.cuda.Failure;
import trainer.cuda.GpuMemoryException;
import trainer.cuda.KernelCache;
import trainer.engine.Allreduce;
import trainer.engine.cuda.PersistentPlan.Direction;
import trainer.text.Segment;

/**
 * Chooses how a GPU runs the time steps of a network: trains that network on random text in both
 * ways, and takes the faster one. The persistent kernels must also give the same gradient, also
 * where they are asked for: they are compiled for the sizes of the network, so that only this shows
 * whether they are right.
 */
final class RecurrenceChoice {
  private static final Logger LOG = LoggerFactory.getLogger(RecurrenceChoice.class);
  private static final int SEED = 17;
  private static final String RIGHT = "right";

  /** Calls, and calls that are captured: not timed. */
  private static final int UNTIMED = 2;

  private static final int TIMED = 4;

  /** What persistent kernels must save of the time: less may be chance. */
  private static final double SAVED = 0.05;

  /**
   * Segments of one way.
   *
   * @param seconds of the fastest
   * @param gradient of the last
   */
  private record Trial(double seconds, float[] gradient) {}

  private RecurrenceChoice() {}

  /**
   * Measures, unless persistent kernels are asked for that are known to be right.
   *
   * @param compute several GPUs share the lanes; the first one is measured with its share
   * @param opener opens the GPU with a recurrence, or a slower way of computing
   * @param cache remembers for which networks persistent kernels are right
   */
  static Recurrence of(
      Configuration configuration,
      int vocabulary,
      Compute compute,
      Function<Recurrence, Device> opener,
      KernelCache cache) {
    List<Layer> layers = configuration.model().layers();
    int lanes = configuration.training().batchSize() / compute.ranks();
    int groups = compute.groups() / compute.ranks();
    int steps = configuration.training().sequenceLength();
    SelfCheck.Case of = new SelfCheck.Case(layers, vocabulary, lanes, steps);
    Device device = opener.apply(Recurrence.PERSISTENT);
    String key = "persistent kernels\n%s\n%d\n%s".formatted(of, groups, device.identity());
    boolean open = compute.recurrence() == Recurrence.AUTO;
    Trial persistent;
    try {
      Optional<String> known = cache.recall(key);
      boolean possible =
          known.orElse(RIGHT).equals(RIGHT)
              && steps > 1
              && fits(device, layers, Math.max(1, lanes / Math.max(1, groups)));
      if (!possible || (!open && known.isPresent())) {
        device.close();
        return possible ? Recurrence.PERSISTENT : Recurrence.STEPS;
      }
      persistent = trial(device, of, configuration, groups);
    } catch (GpuMemoryException e) {
      return steps(of, e.getMessage());
    } catch (CudaException e) {
      cache.remember(key, e.getMessage());
      if (device.gpu().isLost()) {
        throw e;
      }
      return steps(of, e.getMessage());
    }
    Trial bySteps = trial(opener.apply(Recurrence.STEPS), of, configuration, groups);
    double[] expected = new double[bySteps.gradient().length];
    for (int i = 0; i < expected.length; i++) {
      expected[i] = bySteps.gradient()[i];
    }
    double error = SelfCheck.error(persistent.gradient(), expected);
    double allowed = 2 * SelfCheck.gradientTolerance(compute.precision()); // of each way one
    if (!(error <= allowed)) {
      String wrong =
          String.format(Locale.ROOT, "gradients differ by %.1e (%.0e allowed)", error, allowed);
      cache.remember(key, wrong);
      return steps(of, wrong);
    }
    cache.remember(key, RIGHT);
    LOG.info(
        "{}: {} ms a segment by steps, {} ms with persistent kernels",
        of,
        milliseconds(bySteps),
        milliseconds(persistent));
    return !open || persistent.seconds() < (1 - SAVED) * bySteps.seconds()
        ? Recurrence.PERSISTENT
        : Recurrence.STEPS;
  }

  /** Whether persistent kernels can run any of the layers. */
  private static boolean fits(Device device, List<Layer> layers, int lanes) {
    try {
      return layers.stream()
          .anyMatch(
              layer ->
                  Stream.of(Direction.values())
                      .anyMatch(
                          way -> PersistentKernel.plan(device, layer, lanes, way).isPresent()));
    } catch (RuntimeException e) {
      Failure.closing(e, device);
      throw e;
    }
  }

  private static Recurrence steps(SelfCheck.Case of, String failure) {
    LOG.warn("persistent kernels are not used for {}: {}", of, failure);
    return Recurrence.STEPS;
  }

  private static String milliseconds(Trial trial) {
    return String.format(Locale.ROOT, "%.2f", 1e3 * trial.seconds());
  }

  /** Trains; closes the device. */
  private static Trial trial(
      Device device, SelfCheck.Case of, Configuration configuration, int groups) {
    Random random = new Random(SEED);
    try (CudaNetwork network =
        CudaNetwork.of(configuration, of.vocabulary(), device, groups, Allreduce.ALONE)) {
      network.writeParameters(SelfCheck.drawn(random, network.layout()));
      double seconds = Double.POSITIVE_INFINITY;
      for (int i = 0; i < UNTIMED + TIMED; i++) {
        Segment segment = SelfCheck.segment(random, of); // another: old results must not pass
        network.finish();
        long start = System.nanoTime();
        network.gradient(segment, i);
        if (i >= UNTIMED) {
          seconds = Math.min(seconds, (System.nanoTime() - start) / 1e9);
        }
      }
      float[] gradient = new float[network.layout().vectorLength()];
      network.readGradient(gradient);
      return new Trial(seconds, gradient);
    }
  }
}
