package trainer.engine.cpu;

import java.util.Arrays;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Products of matrices in native memory. Every product runs on the thread that asks for it, alone:
 * the engine divides the work itself.
 */
interface Products extends AutoCloseable {

  /** What computes, for logs. */
  String description();

  /**
   * Keeps the products of the calling thread on that thread.
   *
   * @return what {@link #leaveThread} needs to undo it
   */
  default int enterThread() {
    int before = OpenMpThreads.get();
    OpenMpThreads.set(1);
    return before;
  }

  /** Gives the calling thread back as it was before {@link #enterThread}. */
  default void leaveThread(int before) {
    OpenMpThreads.set(before);
  }

  /**
   * A product whose right operand stays the same over many calls.
   *
   * @param owner owns what the product needs
   * @param left a matrix with the rows, columns and stride of every left operand to come
   * @param right its columns are the result's; where {@code transposed}, its rows are
   * @param result a matrix with the rows, columns and stride of every result to come
   * @param accumulate whether the product is added to what the result holds
   */
  Prepared prepare(
      NativeMemory owner,
      Matrix left,
      Matrix right,
      boolean transposed,
      Matrix result,
      boolean accumulate);

  /** result = leftᵀ · right, over the first {@code rows} rows of both. */
  void multiplyTransposed(Matrix left, Matrix right, int rows, Matrix result);

  /** Nothing may be computed after. */
  @Override
  void close();

  /** A product with its right operand. */
  interface Prepared {
    /** Takes the present values of the right operand. */
    void load();

    /** result = left · right, or result += left · right. */
    void multiply(Matrix left, Matrix result);
  }

  /** oneDNN where it works, else OpenBLAS; the log says why. */
  static Products best() {
    Logger log = LoggerFactory.getLogger(Products.class);
    try {
      Products products = new DnnlProducts();
      SelfTest.check(products);
      return products;
    } catch (LinkageError | RuntimeException e) {
      log.warn(
          "oneDNN is not usable on this machine ({}); the cpu engine computes with OpenBLAS, which"
              + " is slower",
          e.toString());
      return new OpenBlasProducts();
    }
  }

  /** Whether a provider computes what it should, on this machine. */
  final class SelfTest {
    private SelfTest() {}

    static void check(Products products) {
      int before = products.enterThread();
      try (NativeMemory memory = new NativeMemory()) {
        Matrix left = memory.matrix(2, 3);
        Matrix right = memory.matrix(3, 2);
        Matrix result = memory.matrix(2, 2);
        left.write(new float[] {1, 2, 3, 4, 5, 6});
        right.write(new float[] {1, 2, 3, 4, 5, 6});
        Prepared product = products.prepare(memory, left, right, false, result, false);
        product.load();
        product.multiply(left, result);
        float[] found = new float[4];
        result.read(found);
        if (!Arrays.equals(found, new float[] {22, 28, 49, 64})) {
          throw new IllegalStateException(
              products.description()
                  + " multiplies wrongly: "
                  + Arrays.toString(found)
                  + " instead of [22, 28, 49, 64]");
        }
      } finally {
        products.leaveThread(before);
      }
    }
  }
}
