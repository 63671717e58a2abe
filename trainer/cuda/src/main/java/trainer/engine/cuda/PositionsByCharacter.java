package trainer.engine.cuda;

import trainer.cuda.DeviceMemory;
import trainer.cuda.Kernels;
import trainer.engine.PassSize;

/**
 * The rows of a segment grouped by their input character.
 *
 * @param starts address of [V + 1]: start of each character in {@code order}
 * @param order address of [rows]: row indices
 */
record PositionsByCharacter(int vocabulary, long starts, long order) {

  static PositionsByCharacter allocate(DeviceMemory memory, int vocabulary, PassSize size) {
    return new PositionsByCharacter(
        vocabulary,
        memory.bytes((vocabulary + 1L) * Integer.BYTES),
        memory.bytes((long) size.rows() * Integer.BYTES));
  }

  /** Groups the rows of characters at an address. */
  void sort(Kernels kernels, long characters, int rows) {
    kernels.forRows("sort_rows", vocabulary, rows, vocabulary, characters, starts, order);
  }
}
