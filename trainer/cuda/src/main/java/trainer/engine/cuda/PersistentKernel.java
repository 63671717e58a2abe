package trainer.engine.cuda;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import trainer.cell.CellLayout;
import trainer.config.Layer;
import trainer.cuda.DeviceMemory;
import trainer.cuda.GpuProperties;
import trainer.cuda.Kernels;
import trainer.cuda.Matrix;
import trainer.engine.cuda.PersistentPlan.Direction;

/**
 * Runs a layer's recurrence over a whole segment in one launch, in one direction: persistent.cu.
 */
final class PersistentKernel {
  /** Words from one group's number to the next. */
  private static final int NUMBERS_STRIDE = 32;

  /** A kernel that is compiled for a layer. */
  private record Compiled(Kernels kernels, String name, PersistentPlan plan) {
    boolean runsAtOnce() {
      int blocks = plan.blocks();
      int bytes = plan.sharedBytes();
      return plan.inClusters()
          ? kernels.clustersRunAtOnce(name, blocks, plan.cluster(), bytes)
          : kernels.runsAtOnce(name, blocks, bytes);
    }
  }

  private final Device device;
  private final Compiled compiled;
  private final int lanes;
  private final long weights;
  private final long numbers;
  private final long exchanged;
  private final Matrix sums; // null: forward

  private PersistentKernel(
      Device device,
      DeviceMemory memory,
      Compiled compiled,
      PersistentPlan.Work work,
      Matrix weights) {
    this.device = device;
    this.compiled = compiled;
    lanes = work.lanes();
    this.weights = weights.address();
    numbers = memory.bytes((long) compiled.plan.groups() * NUMBERS_STRIDE * Integer.BYTES);
    exchanged = memory.bytes(compiled.plan.exchangedBytes(work));
    sums =
        work.direction() == Direction.BACKWARD
            ? memory.matrix(compiled.plan.groups(), work.sums() * work.units())
            : null;
  }

  /** The kernel; empty if switched off, or if the layer does not fit on the GPU. */
  static Optional<PersistentKernel> of(
      Device device,
      DeviceMemory memory,
      Layer layer,
      int lanes,
      Matrix weights,
      Direction direction) {
    return compiled(device, layer, lanes, direction)
        .map(
            compiled ->
                new PersistentKernel(
                    device, memory, compiled, work(device, layer, lanes, direction), weights));
  }

  /** The plan for a layer; empty if switched off, or if the layer does not fit. */
  static Optional<PersistentPlan> plan(Device device, Layer layer, int lanes, Direction direction) {
    return compiled(device, layer, lanes, direction).map(Compiled::plan);
  }

  private static Optional<Compiled> compiled(
      Device device, Layer layer, int lanes, Direction direction) {
    return plans(device, work(device, layer, lanes, direction))
        .map(plan -> compiled(device, layer, direction, plan))
        .filter(Compiled::runsAtOnce)
        .findFirst();
  }

  /** The best first. */
  private static Stream<PersistentPlan> plans(Device device, PersistentPlan.Work work) {
    GpuProperties gpu = device.gpu().properties();
    return switch (device.settings().recurrence()) {
      case CLUSTERS ->
          Stream.concat(
              PersistentPlan.inClusters(gpu, work).stream(), PersistentPlan.of(gpu, work).stream());
      case PERSISTENT -> PersistentPlan.of(gpu, work).stream();
      case STEPS, AUTO -> Stream.empty();
    };
  }

  private static Compiled compiled(
      Device device, Layer layer, Direction direction, PersistentPlan plan) {
    String source =
        KernelSource.persistent(
            layer.type(),
            direction,
            device.precision(),
            layer.size(),
            plan.unitTiles(),
            plan.cluster());
    String name = CellKernels.of(layer.type()).sequence(direction, device.precision());
    return new Compiled(device.programs().of(source), name, plan);
  }

  private static PersistentPlan.Work work(
      Device device, Layer layer, int lanes, Direction direction) {
    return new PersistentPlan.Work(
        CellLayout.of(layer.type()), layer.size(), lanes, device.precision(), direction);
  }

  /** Bytes that a direction needs in addition to those of the step-by-step way, about. */
  static long bytes(Device device, Layer layer, int lanes, Direction direction) {
    return plan(device, layer, lanes, direction)
        .map(
            plan -> {
              PersistentPlan.Work work = work(device, layer, lanes, direction);
              long sums = // of the backward pass
                  (long) plan.groups() * work.sums() * layer.size() * Float.BYTES;
              return plan.exchangedBytes(work) + sums;
            })
        .orElse(0L);
  }

  /**
   * What the backward pass sums over steps, for each group of lanes: [groups, sums · H]: the
   * gradients of the gates, which are those of the biases, then those of an LSTM's peepholes.
   */
  Matrix sums() {
    return sums;
  }

  /**
   * Runs the forward pass.
   *
   * @param states the carried h, and room for that of the steps: [(steps + 1) · lanes, H]
   * @param first the cell's struct for the first step
   */
  void forward(int steps, Matrix states, List<?> first) {
    launch(steps, states.copyOfRow(lanes), states.address(), first);
  }

  /**
   * Runs the backward pass.
   *
   * @param copy of the gradients of the last step's gates: its address; 0: none
   * @param last the cell's struct for the last step
   */
  void backward(int steps, long copy, List<?> last) {
    launch(steps, copy, sums.address(), last);
  }

  private void launch(int steps, long copy, long statesOrSums, List<?> cell) {
    PersistentPlan plan = compiled.plan;
    Object[] arguments = {
      List.of(
          steps,
          plan.laneTiles(),
          weights,
          numbers,
          exchanged,
          copy,
          device.stuck().deviceAddress()),
      statesOrSums,
      cell
    };
    if (plan.inClusters()) {
      compiled.kernels.forClusters(compiled.name, plan.blocks(), plan.sharedBytes(), arguments);
    } else {
      compiled.kernels.forBlocksAtOnce(compiled.name, plan.blocks(), plan.sharedBytes(), arguments);
    }
  }
}
