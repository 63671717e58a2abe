package trainer.engine.cuda;

import trainer.cuda.DeviceMemory;
import trainer.cuda.Gpu;
import trainer.cuda.HostMemory;
import trainer.engine.PassSize;
import trainer.engine.UpdateRule;
import trainer.text.Segment;

/**
 * What a pass is told, written by the host and copied to the GPU at the pass's begin: the update's
 * rates, the keys of dropout, and the text.
 */
final class SegmentInput {
  /** struct Control of device.cuh. */
  private static final int CONTROL_BYTES = 16;

  private final Gpu gpu;
  private final int text; // where it begins, bytes
  private final HostMemory host;
  private final long address;

  /**
   * @param layers as many keys as these are sent
   */
  SegmentInput(Gpu gpu, DeviceMemory memory, int layers, PassSize size) {
    this.gpu = gpu;
    text = CONTROL_BYTES + layers * Long.BYTES;
    long bytes = text + 2L * size.rows() * Integer.BYTES;
    host = memory.host(bytes);
    address = memory.bytes(bytes);
  }

  /** Where the GPU finds the update's rates. */
  long control() {
    return address;
  }

  /** Where the GPU finds the key of a layer's dropout. */
  long key(int layer) {
    return address + CONTROL_BYTES + (long) layer * Long.BYTES;
  }

  /** Where the GPU finds the characters: [steps, lanes]. */
  long characters() {
    return address + text;
  }

  /** Where the GPU finds the targets of so many characters. */
  long targets(int rows) {
    return characters() + (long) rows * Integer.BYTES;
  }

  /** Writes what the update is told. */
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

  /** Writes a text, with its targets. */
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

  /** Sends what was written for a text of so many characters. */
  void upload(int rows) {
    gpu.copyToDevice(address, host.pointer(), text + 2L * rows * Integer.BYTES);
  }
}
