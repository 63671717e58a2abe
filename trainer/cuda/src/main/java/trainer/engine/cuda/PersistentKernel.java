package trainer.engine.cuda;

import java.util.List;
import java.util.Optional;
import trainer.cell.CellLayout;
import trainer.config.Compute.Recurrence;
import trainer.config.Layer;
import trainer.cuda.DeviceMemory;
import trainer.cuda.Matrix;

/**
 * Runs a layer's recurrence over a whole segment in one launch, in one direction: persistent.cu.
 */
final class PersistentKernel {
  /** Words from one group's counter to the next. */
  private static final int ARRIVALS_STRIDE = 32;

  private final Device device;
  private final String name;
  private final PersistentPlan plan;
  private final long weights;
  private final long arrivals;
  private final long shares;

  private PersistentKernel(
      Device device,
      DeviceMemory memory,
      String name,
      PersistentPlan plan,
      long weights,
      long shares) {
    this.device = device;
    this.name = name;
    this.plan = plan;
    this.weights = weights;
    this.shares = shares;
    arrivals = memory.bytes(arrivalsBytes());
  }

  private long arrivalsBytes() {
    return (long) plan.groups() * ARRIVALS_STRIDE * Integer.BYTES;
  }

  /** The kernel; empty if switched off, or if the layer does not fit on the GPU. */
  static Optional<PersistentKernel> of(
      Device device,
      DeviceMemory memory,
      Layer layer,
      int lanes,
      Matrix weights,
      PersistentPlan.Direction direction) {
    return plan(device, layer, lanes, direction)
        .map(
            plan ->
                new PersistentKernel(
                    device,
                    memory,
                    name(device, layer, direction),
                    plan,
                    weights.address(),
                    direction == PersistentPlan.Direction.BACKWARD
                        ? memory.bytes(shareBytes(plan, layer, lanes))
                        : 0));
  }

  /** The plan for a layer; empty if switched off, or if the layer does not fit. */
  static Optional<PersistentPlan> plan(
      Device device, Layer layer, int lanes, PersistentPlan.Direction direction) {
    if (device.settings().recurrence() == Recurrence.STEPS) {
      return Optional.empty();
    }
    PersistentPlan.Work work =
        new PersistentPlan.Work(
            CellLayout.of(layer.type()), layer.size(), lanes, device.precision(), direction);
    return PersistentPlan.of(device.gpu().properties(), work)
        .filter(
            plan ->
                device
                    .kernels()
                    .runsAtOnce(name(device, layer, direction), plan.blocks(), plan.sharedBytes()));
  }

  private static String name(Device device, Layer layer, PersistentPlan.Direction direction) {
    return CellKernels.of(layer.type()).sequence(direction, device.precision());
  }

  /** Bytes that the backward pass needs in addition to those of the step-by-step way. */
  static long shareBytes(Device device, Layer layer, int lanes) {
    return plan(device, layer, lanes, PersistentPlan.Direction.BACKWARD)
        .map(plan -> shareBytes(plan, layer, lanes))
        .orElse(0L);
  }

  private static long shareBytes(PersistentPlan plan, Layer layer, int lanes) {
    return 2L * plan.slices() * lanes * layer.size() * Float.BYTES;
  }

  /**
   * Runs the forward pass.
   *
   * @param states address of h, from the carried state on
   * @param first the cell's struct for the first step
   */
  void forward(int steps, long states, List<?> first) {
    launch(steps, states, first);
  }

  /**
   * Runs the backward pass.
   *
   * @param last the cell's struct for the last step
   */
  void backward(int steps, List<?> last) {
    launch(steps, shares, last);
  }

  private void launch(int steps, long statesOrShares, List<?> cell) {
    device.gpu().clear(arrivals, arrivalsBytes());
    device
        .kernels()
        .forBlocksAtOnce(
            name,
            plan.blocks(),
            plan.sharedBytes(),
            List.of(
                steps,
                plan.laneTiles(),
                plan.unitTiles(),
                weights,
                arrivals,
                device.stuck().deviceAddress()),
            statesOrShares,
            cell);
  }
}
