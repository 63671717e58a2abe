package trainer.engine.cuda;

import trainer.cuda.DeviceMemory;
import trainer.cuda.Kernels;
import trainer.engine.PassSize;

/**
 * The rows of a segment sorted by their characters.
 *
 * @param starts address of [V + 1]: where a character's rows begin in the order
 * @param order address of [rows]
 */
record PositionsByCharacter(int vocabulary, long starts, long order) {

  static PositionsByCharacter allocate(DeviceMemory memory, int vocabulary, PassSize size) {
    return new PositionsByCharacter(
        vocabulary,
        memory.bytes((vocabulary + 1L) * Integer.BYTES),
        memory.bytes((long) size.rows() * Integer.BYTES));
  }

  /** Sorts the rows of characters at an address. */
  void sort(Kernels kernels, long characters, int rows) {
    kernels.forRows("sort_rows", vocabulary, rows, vocabulary, characters, starts, order);
  }
}
