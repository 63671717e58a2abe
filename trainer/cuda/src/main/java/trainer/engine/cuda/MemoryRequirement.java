package trainer.engine.cuda;

import trainer.cell.CellLayout;
import trainer.config.Layer;
import trainer.cuda.CudaException;
import trainer.cuda.Gpu;
import trainer.cuda.GpuProperties;
import trainer.engine.PassSize;

/** How much of the GPU's memory a run takes, found before it is asked for piece by piece. */
final class MemoryRequirement {
  /** What alignment and small pieces may add. */
  private static final long SMALL_PIECES = 1 << 20;

  private MemoryRequirement() {}

  /** About how many bytes a training step takes beside the parameters. */
  static long ofStep(Device device, ParameterLayout layout, PassSize size) {
    long shares = 0;
    long rows = size.rows();
    long floats = rows * (layout.paddedVocabulary() + 4L); // logits, nats, text, its order
    for (int l = 0; l < layout.layers().size(); l++) {
      Layer layer = layout.layers().get(l);
      CellLayout cell = layout.cell(l);
      int perUnit = cell.sums() + 2; // states, gradient of the outputs
      perUnit += cell.hasMemory() ? 1 : 0;
      perUnit += layer.dropout() > 0 ? 1 : 0;
      floats += layer.size() * (rows * perUnit + 8L * size.lanes());
      shares += PersistentKernel.shareBytes(device, layer, size.lanes());
    }
    return floats * Float.BYTES + shares + SMALL_PIECES;
  }

  /** About how many bytes reading segments of a size takes, as evaluation does beside training. */
  static long ofReading(ParameterLayout layout, PassSize size) {
    long rows = size.rows();
    long floats = rows * (layout.paddedVocabulary() + 4L); // logits, nats, hits, text
    for (int l = 0; l < layout.layers().size(); l++) {
      CellLayout cell = layout.cell(l);
      int perUnit = cell.sums() + 1 + (cell.hasMemory() ? 1 : 0); // states, memories
      floats += layout.size(l) * (rows * perUnit + 8L * size.lanes());
    }
    return floats * Float.BYTES;
  }

  /**
   * Checks that training, with an evaluation between two steps, will fit.
   *
   * @throws CudaException with the estimate and what to change where it will not
   */
  static void check(Device device, ParameterLayout layout, PassSize size) {
    Gpu gpu = device.gpu();
    long required = ofStep(device, layout, size) + ofReading(layout, size);
    Gpu.Memory memory = gpu.memory();
    if (required > memory.free()) {
      throw new CudaException(
          ("training and evaluation on segments of %d characters in %d lanes take about %s of the"
                  + " memory of GPU %d (%s), where %s of %s are free; %s")
              .formatted(
                  size.steps(),
                  size.lanes(),
                  GpuProperties.gigabytes(required),
                  gpu.properties().ordinal(),
                  gpu.properties().name(),
                  GpuProperties.gigabytes(memory.free()),
                  GpuProperties.gigabytes(memory.total()),
                  Gpu.LESS_MEMORY));
    }
  }
}
