package trainer.engine.cpu;

import java.util.Arrays;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import trainer.config.Compute.Precision;

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

  /** Whether factors have less precision than float32. */
  default boolean rounds() {
    return false;
  }

  /**
   * The same, but products prepared alike share one packed right operand. They must all be loaded
   * equally often, and none may multiply meanwhile; the first to be loaded packs.
   */
  default Products sharing() {
    return this;
  }

  /** A zero matrix in the precision of factors, for the left operands of products. */
  default Matrix factors(NativeMemory memory, int rows, int columns) {
    return memory.spreadRows(rows, columns);
  }

  /**
   * Prepares copies of floats. If one matrix has more rows, its blocks of rows are the other's
   * blocks of columns, side by side.
   *
   * @param owner owns the native objects
   * @param from like all sources
   * @param to like all destinations; if in bfloat16, the copy rounds
   */
  Copy prepareCopy(NativeMemory owner, Matrix from, Matrix to);

  /**
   * Prepares a product whose right operand is reused.
   *
   * @param owner owns the native objects
   * @param left a matrix of {@link #factors}; has the rows, columns and stride of all left operands
   * @param right [inner, columns]; if {@code transposed}, [columns, inner]
   * @param result has the rows, columns and stride of all results
   * @param biases null: the product replaces the result; else the product and these, [1, columns],
   *     are added to each row of the result
   */
  Prepared prepare(
      NativeMemory owner,
      Matrix left,
      Matrix right,
      boolean transposed,
      Matrix result,
      Matrix biases);

  /**
   * Prepares result = leftᵀ · right, a sum over the rows of both, which are {@link #factors}. The
   * left one may have more.
   *
   * @param owner owns the native objects
   */
  Transposed prepareTransposed(NativeMemory owner, Matrix left, Matrix right, Matrix result);

  /** No product may be computed after this. */
  @Override
  void close();

  /** Copies one matrix to another. */
  interface Copy {
    void run(Matrix from, Matrix to);
  }

  /** A product with its right operand. */
  interface Prepared {
    /** Packs the current values of the right operand. */
    void load();

    /** result = left · right, or result += left · right + biases. */
    void multiply(Matrix left, Matrix result);
  }

  /** A product with a transposed left operand. */
  interface Transposed {
    /**
     * Computes the product over the first {@code rows} rows. The rows of the right operand after
     * them may be overwritten.
     */
    void multiply(int rows);
  }

  /**
   * oneDNN if it works, else OpenBLAS, with a warning.
   *
   * @param precision of the factors; sums are in float32
   * @throws IllegalStateException if no library has products of this precision here
   */
  static Products best(Precision precision) {
    Logger log = LoggerFactory.getLogger(Products.class);
    try {
      Products products = new DnnlProducts(precision);
      SelfTest.check(products);
      return products;
    } catch (LinkageError | RuntimeException e) {
      if (precision != Precision.FLOAT32) {
        throw new IllegalStateException("oneDNN is not usable on this machine: " + e, e);
      }
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
        Matrix floats = memory.matrix(2, 3);
        Matrix left = products.factors(memory, 2, 3);
        Matrix right = memory.matrix(3, 2);
        Matrix result = memory.matrix(2, 2);
        floats.write(new float[] {1, 2, 3, 4, 5, 6});
        products.prepareCopy(memory, floats, left).run(floats, left);
        right.write(new float[] {1, 2, 3, 4, 5, 6});
        Prepared product = products.prepare(memory, left, right, false, result, null);
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
