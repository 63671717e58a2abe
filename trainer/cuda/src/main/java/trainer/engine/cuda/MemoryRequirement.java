package trainer.engine.cuda;

import java.util.List;
import trainer.cell.CellLayout;
import trainer.config.Compute.Precision;
import trainer.config.Layer;
import trainer.cuda.Gpu;
import trainer.cuda.GpuMemoryException;
import trainer.cuda.GpuProperties;
import trainer.engine.Lanes;
import trainer.engine.PassSize;
import trainer.engine.cuda.PersistentPlan.Direction;
import trainer.text.EvaluationLanes;

/** Estimates the GPU memory of a run before it is allocated. */
final class MemoryRequirement {
  /** Allowance for alignment and small buffers. */
  private static final long SMALL_PIECES = 1 << 20;

  /** Allowance for what the driver and cuBLAS load and round up. */
  private static final long LIBRARIES = 96L << 20;

  private MemoryRequirement() {}

  /** Approximate bytes of a training step, without the parameters. */
  static long ofStep(Device device, ParameterLayout layout, PassSize size) {
    long persistent = 0;
    long rows = size.rows();
    long floats = rows * (layout.paddedVocabulary() + 4L); // logits, nats, text, positions
    long factors = rows * layout.paddedVocabulary();
    for (int l = 0; l < layout.layers().size(); l++) {
      Layer layer = layout.layers().get(l);
      CellLayout cell = layout.cell(l);
      int perUnit = cell.sums() + 2; // states, gradient of the outputs
      perUnit += cell.hasMemory() ? 1 : 0;
      perUnit += layer.dropout() > 0 ? 1 : 0;
      floats += layer.size() * (rows * perUnit + 8L * size.lanes());
      int copied = cell.sums() + 1 + (layer.dropout() > 0 ? 1 : 0); // gates, states, outputs
      factors += layer.size() * (rows * copied + size.lanes());
      for (Direction direction : Direction.values()) {
        persistent += PersistentKernel.bytes(device, layer, size.lanes(), direction);
      }
    }
    return floats * Float.BYTES + copies(device, factors) + persistent + SMALL_PIECES;
  }

  /** Bytes of the copies that products read of their factors. */
  private static long copies(Device device, long numbers) {
    return device.precision() == Precision.BFLOAT16 ? numbers * Short.BYTES : 0;
  }

  /** Approximate bytes of a session that scores segments, as evaluation does during training. */
  static long ofSession(Device device, ParameterLayout layout, PassSize size) {
    long rows = size.rows();
    long floats = rows * (layout.paddedVocabulary() + 4L); // logits, nats, hits, text
    long factors = rows * layout.paddedVocabulary();
    for (int l = 0; l < layout.layers().size(); l++) {
      CellLayout cell = layout.cell(l);
      int perUnit = cell.sums() + 1 + (cell.hasMemory() ? 1 : 0); // h, c
      floats += layout.size(l) * (rows * perUnit + 8L * size.lanes());
      factors += layout.size(l) * (rows + size.lanes());
    }
    return floats * Float.BYTES + copies(device, factors);
  }

  /**
   * Checks that training and an evaluation fit at the same time.
   *
   * @param passes lanes of each lane group
   * @param steps length of the longest segment
   * @throws GpuMemoryException if they do not, with the estimate and the settings to lower
   */
  static void check(Device device, ParameterLayout layout, List<Lanes> passes, int steps) {
    Gpu gpu = device.gpu();
    PassSize evaluation = new PassSize(EvaluationLanes.MOST, EvaluationLanes.LENGTH);
    long required = ofSession(device, layout, evaluation) + LIBRARIES;
    for (Lanes lanes : passes) {
      required += ofStep(device, layout, new PassSize(lanes.count(), steps));
    }
    required += (passes.size() - 1L) * layout.length() * Float.BYTES; // their gradients
    Gpu.Memory memory = gpu.memory();
    if (required > memory.free()) {
      throw new GpuMemoryException(
          ("training on segments of %d characters in %d lanes, and evaluation, need about %s on %s,"
                  + " where %s of %s are free")
              .formatted(
                  steps,
                  passes.stream().mapToInt(Lanes::count).sum(),
                  GpuProperties.gigabytes(required),
                  gpu.properties().text(),
                  GpuProperties.gigabytes(memory.free()),
                  GpuProperties.gigabytes(memory.total())));
    }
  }
}
