package trainer.engine.cuda;

import trainer.cuda.DeviceMemory;
import trainer.cuda.Gpu;
import trainer.cuda.HostMemory;
import trainer.engine.PassSize;
import trainer.engine.UpdateRule;
import trainer.text.Segment;

/**
 * Inputs of a pass, written by the host and copied to the GPU at its start: the update's rates, the
 * dropout keys, and the text.
 */
final class SegmentInput {
  /** struct Control of device.cuh. */
  private static final int CONTROL_BYTES = 16;

  private final Gpu gpu;
  private final int text; // offset, bytes
  private final HostMemory host;
  private final long address;

  /**
   * @param layers number of dropout keys
   */
  SegmentInput(Gpu gpu, DeviceMemory memory, int layers, PassSize size) {
    this.gpu = gpu;
    text = CONTROL_BYTES + layers * Long.BYTES;
    long bytes = text + 2L * size.rows() * Integer.BYTES;
    host = memory.host(bytes);
    address = memory.bytes(bytes);
  }

  /** Address of the update's rates: struct Control. */
  long control() {
    return address;
  }

  /** Address of a layer's dropout key. */
  long key(int layer) {
    return address + CONTROL_BYTES + (long) layer * Long.BYTES;
  }

  /** Address of the characters: [steps, lanes]. */
  long characters() {
    return address + text;
  }

  /** Address of the targets of {@code rows} characters. */
  long targets(int rows) {
    return characters() + (long) rows * Integer.BYTES;
  }

  /** Writes the rates of an update. */
  void write(int sequence, UpdateRule.Rates rates) {
    host.buffer()
        .putInt(0, sequence)
        .putFloat(4, rates.rate())
        .putFloat(8, rates.epsilon())
        .putFloat(12, rates.keep());
  }

  void writeKey(int layer, long key) {
    host.buffer().putLong(CONTROL_BYTES + layer * Long.BYTES, key);
  }

  /** Writes a segment. */
  void write(Segment segment) {
    write(0, segment.inputs(), segment.characters());
    write(segment.characters(), segment.targets(), segment.characters());
  }

  /** Writes the characters of one step. */
  void write(int[] characters) {
    write(0, characters, characters.length);
  }

  private void write(int first, int[] characters, int count) {
    host.buffer()
        .slice(text + first * Integer.BYTES, count * Integer.BYTES)
        .order(host.buffer().order())
        .asIntBuffer()
        .put(characters, 0, count);
  }

  /** Copies everything for {@code rows} characters to the GPU. */
  void upload(int rows) {
    gpu.copyToDevice(address, host.pointer(), text + 2L * rows * Integer.BYTES);
  }
}
