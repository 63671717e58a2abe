package trainer.engine.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import trainer.config.Compute.Precision;

/** Every GEMM provider, at odd sizes and on parts of matrices. */
class ProductsTest {
  private static final int[] SIZES = {1, 3, 17, 33, 257};

  /** A provider, and the relative error of a factor. */
  record Provider(Products products, double rounding) {}

  static Stream<Provider> providers() {
    Stream<Provider> float32 =
        Stream.of(
            new Provider(new DnnlProducts(Precision.FLOAT32), 0),
            new Provider(new OpenBlasProducts(), 0));
    return DnnlProducts.hasBfloat16()
        ? Stream.concat(
            float32, Stream.of(new Provider(new DnnlProducts(Precision.BFLOAT16), 0x1p-9)))
        : float32;
  }

  private static float[] random(Random random, int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = random.nextFloat() - 0.5f;
    }
    return values;
  }

  /** A part of a larger matrix; products must not change the rest. */
  private static Matrix part(NativeMemory memory, Random random, int rows, int columns) {
    Matrix whole = memory.matrix(rows + 2, columns + 5);
    whole.write(random(random, (rows + 2) * (columns + 5)));
    return whole.rows(1, rows).columns(3, columns);
  }

  /** A part of a larger matrix of factors. */
  private static Matrix factors(
      Provider provider, NativeMemory memory, Random random, int rows, int columns) {
    Matrix floats = memory.matrix(rows + 2, columns + 5);
    floats.write(random(random, (rows + 2) * (columns + 5)));
    Matrix whole = provider.products().factors(memory, rows + 2, columns + 5);
    provider.products().prepareCopy(memory, floats, whole).run(floats, whole);
    return whole.rows(1, rows).columns(3, columns);
  }

  private static float[] values(Matrix factors, Provider provider, NativeMemory memory) {
    Matrix floats = memory.matrix(factors.rows(), factors.columns());
    provider.products().prepareCopy(memory, factors, floats).run(factors, floats);
    return values(floats);
  }

  private static float[] values(Matrix matrix) {
    float[] values = new float[matrix.rows() * matrix.columns()];
    matrix.read(values);
    return values;
  }

  /**
   * For a sum of k products of values up to 0.5, with the errors of float32 and of two factors.
   *
   * @param added the most that the sum of other addends can be
   */
  private static Tolerance tolerance(int inner, double rounding, double added) {
    return new Tolerance((6e-8 + 2.01 * rounding) * 0.25 * inner + 6e-8 * added, 6e-8);
  }

  @ParameterizedTest
  @MethodSource("providers")
  void preparedProductsMultiplyWithTheValuesLoadedLast(Provider provider) {
    Random random = new Random(1);
    Products products = provider.products();
    try (products) {
      for (int m : SIZES) {
        for (int n : SIZES) {
          int k = SIZES[(m + n) % SIZES.length];
          for (int variant = 0; variant < 4; variant++) {
            prepared(provider, random, m, n, k, variant % 2 == 1, variant / 2 == 1);
          }
        }
      }
    }
  }

  /** Whole matrices, for which oneDNN packs blocks of 64 columns, with and without padding. */
  @ParameterizedTest
  @MethodSource("providers")
  void transposedOperandsArePackedInBlocks(Provider provider) {
    Random random = new Random(4);
    try (Products products = provider.products()) {
      for (int n : new int[] {64, 100, 192, 256}) {
        for (int k : new int[] {2, 63, 64, 130, 512}) {
          packed(provider, products, random, 16, n, k);
        }
      }
    }
  }

  /** Rows of the unit matrix give the operand's columns, rounded once. */
  private static void packed(
      Provider provider, Products products, Random random, int m, int n, int k) {
    try (NativeMemory memory = new NativeMemory()) {
      Matrix right = memory.matrix(n, k);
      right.write(random(random, n * k));
      Matrix units = memory.matrix(m, k);
      Matrix left = products.factors(memory, m, k);
      Matrix result = memory.matrix(m, n);
      Products.Prepared product = products.prepare(memory, left, right, true, result, null);
      product.load();
      product.load();
      float[] expected = values(right);
      for (int first = 0; first < k; first += m) {
        float[] rows = new float[m * k];
        for (int i = 0; i < m && first + i < k; i++) {
          rows[i * k + first + i] = 1;
        }
        units.write(rows);
        products.prepareCopy(memory, units, left).run(units, left);
        product.multiply(left, result);
        float[] found = values(result);
        for (int i = 0; i < m && first + i < k; i++) {
          for (int j = 0; j < n; j++) {
            float value = expected[j * k + first + i];
            assertThat(found[i * n + j])
                .as("%d x %d: row %d, column %d", k, n, first + i, j)
                .isEqualTo(provider.rounding() == 0 ? value : bfloat16(value));
          }
        }
      }
    }
  }

  /** Rounded to the nearest number of 8 bits; of two, to the even one. */
  private static float bfloat16(float value) {
    int bits = Float.floatToRawIntBits(value);
    return Float.intBitsToFloat((bits + 0x7fff + (bits >> 16 & 1)) & 0xffff0000);
  }

  private static void prepared(
      Provider provider, Random random, int m, int n, int k, boolean transposed, boolean add) {
    try (NativeMemory memory = new NativeMemory()) {
      Matrix left = factors(provider, memory, random, m, k);
      Matrix right = transposed ? part(memory, random, n, k) : part(memory, random, k, n);
      Matrix result = part(memory, random, m, n);
      Matrix biases = add ? part(memory, new Random(n), 1, n) : null;
      Products.Prepared product =
          provider.products().prepare(memory, left, right, transposed, result, biases);
      product.load();
      right.write(random(random, n * k));
      product.load();
      float[] before = values(result);
      float[] a = values(left, provider, memory);
      float[] b = values(right);
      product.multiply(left, result);
      double[] expected = new double[m * n];
      for (int i = 0; i < m; i++) {
        for (int j = 0; j < n; j++) {
          double sum = add ? (double) before[i * n + j] + values(biases)[j] : 0;
          for (int l = 0; l < k; l++) {
            sum += a[i * k + l] * (double) (transposed ? b[j * k + l] : b[l * n + j]);
          }
          expected[i * n + j] = sum;
        }
      }
      tolerance(k, provider.rounding(), add ? 1 : 0)
          .check(
              String.format("%d x %d x %d, transposed %s, add %s", m, n, k, transposed, add),
              values(result),
              expected);
    }
  }

  @ParameterizedTest
  @MethodSource("providers")
  void transposedProductsSumOverTheRowsAsked(Provider provider) {
    Random random = new Random(2);
    Products products = provider.products();
    try (products) {
      for (int m : SIZES) {
        for (int n : SIZES) {
          int k = SIZES[(m + n) % SIZES.length];
          transposed(provider, random, m, n, k);
        }
      }
    }
  }

  private static void transposed(Provider provider, Random random, int m, int n, int k) {
    try (NativeMemory memory = new NativeMemory()) {
      Matrix left = factors(provider, memory, random, k + 2, m);
      Matrix right = factors(provider, memory, random, k + 2, n);
      Matrix result = part(memory, random, m, n);
      float[] a = values(left, provider, memory);
      float[] b = values(right, provider, memory);
      Products.Transposed product =
          provider.products().prepareTransposed(memory, left, right, result);
      product.multiply(k + 2);
      product.multiply(k);
      double[] expected = new double[m * n];
      for (int i = 0; i < m; i++) {
        for (int j = 0; j < n; j++) {
          double sum = 0;
          for (int l = 0; l < k; l++) {
            sum += a[l * m + i] * (double) b[l * n + j];
          }
          expected[i * n + j] = sum;
        }
      }
      tolerance(k, provider.rounding(), 0)
          .check(String.format("%d x %d over %d rows", m, n, k), values(result), expected);
    }
  }

  /** Blocks of rows become blocks of columns, and back; the rest stays as it is. */
  @ParameterizedTest
  @MethodSource("providers")
  void copiesMoveBlocksOfRowsBesideEachOther(Provider provider) {
    Random random = new Random(3);
    Products products = provider.products();
    try (products;
        NativeMemory memory = new NativeMemory()) {
      for (int rows : SIZES) {
        int blocks = 3;
        int columns = 5;
        Matrix stacked = memory.matrix(blocks * rows, columns);
        stacked.write(random(random, blocks * rows * columns));
        Matrix all = products.factors(memory, rows, blocks * columns + 2);
        Matrix beside = all.columns(1, blocks * columns);
        products.prepareCopy(memory, stacked, beside).run(stacked, beside);

        float[] from = values(stacked);
        float[] to = values(beside, provider, memory);
        for (int i = 0; i < from.length; i++) {
          int row = i / columns;
          float found = to[row % rows * blocks * columns + row / rows * columns + i % columns];
          assertThat(found).isCloseTo(from[i], within((float) (0.5 * provider.rounding())));
        }
        Matrix back = memory.matrix(blocks * rows, columns);
        products.prepareCopy(memory, beside, back).run(beside, back);
        float[] again = values(back);
        for (int i = 0; i < from.length; i++) {
          assertThat(again[i]).isCloseTo(from[i], within((float) (0.5 * provider.rounding())));
        }
        float[] whole = values(all, provider, memory);
        for (int r = 0; r < rows; r++) {
          assertThat(whole[r * all.columns()]).isZero();
          assertThat(whole[(r + 1) * all.columns() - 1]).isZero();
        }
      }
    }
  }

  @Test
  void oneDnnIsTheBestThereIsOnThisMachine() {
    try (Products products = Products.best(Precision.FLOAT32)) {
      assertThat(products.description()).startsWith("oneDNN");
    }
  }
}
