package trainer.engine.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;

class MatrixTest {
  private static final int STRIDE = 1 << 28; // floats: 1 GiB

  /** Such as the logits of long segments in many lanes with a large vocabulary. */
  @Test
  void hasElementsBeyond2Gib() {
    Pointer memory = Pointer.malloc(3L * STRIDE * Float.BYTES); // used only where it is touched
    assertThat(memory).isNotNull();
    try {
      Matrix matrix = new Matrix(new FloatPointer(memory), 3, 4, STRIDE);
      float[] read = new float[4];
      for (int row = 0; row < 3; row++) {
        matrix.write(row, 0, new float[] {0, row, 2, 3, 4}, 1, 4);
        matrix.read(row, 1, read, 1, 3);
        assertThat(read).as("row %d", row).containsExactly(0, 2, 3, 4);
      }
    } finally {
      Pointer.free(memory);
    }
  }
}
