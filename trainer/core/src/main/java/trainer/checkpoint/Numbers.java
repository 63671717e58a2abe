package trainer.checkpoint;

import java.util.function.IntToDoubleFunction;
import org.nd4j.linalg.api.buffer.DataBuffer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A vector of numbers of 32 or 64 bits: parameters, or an optimizer's moments. Those read from a
 * file need no ND4J.
 */
public final class Numbers {
  private final int length;
  private final boolean wide;
  private final IntToDoubleFunction values;

  private Numbers(int length, boolean wide, IntToDoubleFunction values) {
    this.length = length;
    this.wide = wide;
    this.values = values;
  }

  /** Numbers of 32 bits, not copied. */
  public static Numbers of(float... values) {
    return new Numbers(values.length, false, i -> values[i]);
  }

  /** Numbers of 64 bits, not copied. */
  public static Numbers of(double... values) {
    return new Numbers(values.length, true, i -> values[i]);
  }

  /**
   * The numbers of an array, row by row; not copied if they lie so in memory.
   *
   * @throws IllegalArgumentException if they are neither FLOAT nor DOUBLE
   */
  public static Numbers of(INDArray array) {
    boolean wide = array.dataType() == DataType.DOUBLE;
    if (!wide && array.dataType() != DataType.FLOAT) {
      throw new IllegalArgumentException("parameters are FLOAT or DOUBLE, not " + array.dataType());
    }
    DataBuffer data = inOrder(array).data();
    return new Numbers(Math.toIntExact(array.length()), wide, data::getDouble);
  }

  private static INDArray inOrder(INDArray array) {
    boolean whole = array.offset() == 0 && array.data().length() == array.length();
    boolean ordered =
        array.isVector() ? array.stride(-1) == 1 || array.length() == 1 : array.ordering() == 'c';
    return whole && ordered ? array : array.dup('c');
  }

  /** How many they are. */
  public int length() {
    return length;
  }

  /** Whether they have 64 bits. */
  public boolean isWide() {
    return wide;
  }

  /** One of them. */
  public double at(int index) {
    return values.applyAsDouble(index);
  }

  /** A copy of 32 bits each. */
  public float[] floats() {
    float[] copy = new float[length];
    for (int i = 0; i < length; i++) {
      copy[i] = (float) at(i);
    }
    return copy;
  }

  /** A copy of 64 bits each. */
  public double[] doubles() {
    double[] copy = new double[length];
    for (int i = 0; i < length; i++) {
      copy[i] = at(i);
    }
    return copy;
  }

  /** A copy with the type and shape of another array. */
  public INDArray like(INDArray other) {
    INDArray copy = Nd4j.createUninitializedDetached(other.dataType(), other.shape());
    for (int i = 0; i < length; i++) {
      copy.data().put(i, at(i));
    }
    return copy;
  }
}
