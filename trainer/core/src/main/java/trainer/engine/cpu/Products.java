package trainer.engine.cpu;

import java.util.Arrays;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * GEMM on matrices in native memory. Every product runs single-threaded on the calling thread: the
 * engine divides the work itself.
 */
interface Products extends AutoCloseable {

  /** Library and version, for logs. */
  String description();

  /**
   * Makes the products of the calling thread single-threaded.
   *
   * @return the previous setting, for {@link #leaveThread}
   */
  default int enterThread() {
    int before = OpenMpThreads.get();
    OpenMpThreads.set(1);
    return before;
  }

  /** Restores the setting from before {@link #enterThread}. */
  default void leaveThread(int before) {
    OpenMpThreads.set(before);
  }

  /**
   * Prepares a product whose right operand is reused.
   *
   * @param owner owns the native objects
   * @param left has the rows, columns and stride of all left operands
   * @param right [inner, columns]; if {@code transposed}, [columns, inner]
   * @param result has the rows, columns and stride of all results
   * @param accumulate whether the product is added to the result
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

  /** No product may be computed after this. */
  @Override
  void close();

  /** A product with its right operand. */
  interface Prepared {
    /** Packs the current values of the right operand. */
    void load();

    /** result = left · right, or result += left · right. */
    void multiply(Matrix left, Matrix result);
  }

  /** oneDNN if it works, else OpenBLAS, with a warning. */
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

  /** Checks that a library works on this machine. */
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
                  + " computes a wrong product: "
                  + Arrays.toString(found)
                  + " instead of [22, 28, 49, 64]");
        }
      } finally {
        products.leaveThread(before);
      }
    }
  }
}
