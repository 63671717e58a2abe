package trainer.engine.cpu;

import java.util.Arrays;
import java.util.Random;

/**
 * Products of several rows that have, to the bit, the results of each row alone. A library chooses
 * its kernel by the number of rows, and kernels round differently. Where those for one row and for
 * all give the same numbers, all are computed at once, else one after the other.
 *
 * @param products that compute
 */
record SingleRowProducts(Products products) implements Products {
  private static final int COMPARED = 10_000; // numbers

  @Override
  public String description() {
    return products.description();
  }

  @Override
  public boolean rounds() {
    return products.rounds();
  }

  @Override
  public Matrix factors(NativeMemory memory, int rows, int columns) {
    return products.factors(memory, rows, columns);
  }

  @Override
  public Copy prepareCopy(NativeMemory owner, Matrix from, Matrix to) {
    return products.prepareCopy(owner, from, to);
  }

  @Override
  public Prepared prepare(
      NativeMemory owner,
      Matrix left,
      Matrix right,
      boolean transposed,
      Matrix result,
      Matrix biases) {
    Prepared one =
        new RowByRow(
            products.prepare(owner, left.rows(0, 1), right, transposed, result.rows(0, 1), biases));
    boolean padded = result.stride() != result.columns();
    return padded
        ? one
        : new Fastest(
            one, products.prepare(owner, left, right, transposed, result, biases), left, result);
  }

  @Override
  public Transposed prepareTransposed(
      NativeMemory owner, Matrix left, Matrix right, Matrix result) {
    return products.prepareTransposed(owner, left, right, result);
  }

  @Override
  public void close() {
    products.close();
  }

  private record RowByRow(Prepared row) implements Prepared {
    @Override
    public void load() {
      row.load();
    }

    @Override
    public void multiply(Matrix left, Matrix result) {
      for (int r = 0; r < left.rows(); r++) {
        row.multiply(left.rows(r, 1), result.rows(r, 1));
      }
    }
  }

  /** Computes all rows at once if that gives the same. */
  private final class Fastest implements Prepared {
    private final Prepared one;
    private final Prepared all;
    private final Matrix left;
    private final Matrix result;
    private Prepared chosen;

    /**
     * @param left like all left operands
     * @param result like all results
     */
    Fastest(Prepared one, Prepared all, Matrix left, Matrix result) {
      this.one = one;
      this.all = all;
      this.left = left;
      this.result = result;
    }

    @Override
    public void load() {
      one.load();
      all.load();
      chosen = agree() ? all : one;
    }

    /** Compares on random numbers: the order of a kernel's sums does not depend on its numbers. */
    private boolean agree() {
      Random random = new Random(1);
      try (NativeMemory memory = new NativeMemory()) {
        Matrix floats = memory.matrix(left.rows(), left.columns());
        Matrix factors = factors(memory, left.rows(), left.columns());
        Copy copy = prepareCopy(memory, floats, factors);
        Matrix to = memory.matrix(result.rows(), result.columns());
        int size = result.rows() * result.columns();
        for (int compared = 0; compared < COMPARED; compared += size) {
          floats.write(random(random, left.rows() * left.columns()));
          copy.run(floats, factors);
          float[] before = random(random, size);
          if (!Arrays.equals(
              product(one, factors, before, to), product(all, factors, before, to))) {
            return false;
          }
        }
      }
      return true;
    }

    private static float[] random(Random random, int size) {
      float[] numbers = new float[size];
      for (int i = 0; i < size; i++) {
        numbers[i] = random.nextFloat() - 0.5f;
      }
      return numbers;
    }

    private static float[] product(Prepared product, Matrix factors, float[] before, Matrix to) {
      to.write(before);
      product.multiply(factors, to);
      float[] after = new float[before.length];
      to.read(after);
      return after;
    }

    @Override
    public void multiply(Matrix factors, Matrix to) {
      chosen.multiply(factors, to);
    }
  }
}
