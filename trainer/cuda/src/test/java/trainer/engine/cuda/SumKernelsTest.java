package trainer.engine.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static trainer.engine.cuda.EmulatedKernels.assertClose;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import trainer.cuda.Matrix;
import trainer.engine.PassSize;

/** The summing kernels, compiled as C++, against sums in double precision. */
@Tag("slow")
class SumKernelsTest {
  private static final int SEED = 11;

  private static double tolerance(int terms) {
    return 0x1p-24 * (4 + 4 * Math.sqrt(terms));
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "3, 17", "17, 33", "33, 3", "257, 257", "2500, 33"})
  void columnsAreAddedUp(int rows, int columns) {
    float[] values = EmulatedKernels.random(new Random(SEED), rows * (columns + 2));
    double[] exact = new double[columns];
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < columns; c++) {
        exact[c] += values[r * (columns + 2) + c];
      }
    }
    try (EmulatedKernels gpu = new EmulatedKernels()) {
      ColumnSums sums = new ColumnSums(gpu.kernels(), gpu.memory(), columns);
      long sum = gpu.room(columns);
      sums.sum(new Matrix(gpu.of(values), rows, columns, columns + 2), sum);
      assertClose("sums", gpu.floats(sum, columns), exact, tolerance(rows));
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 1, 1", "3, 3, 17", "17, 3, 33", "1, 33, 3", "3, 1, 257", "257, 9, 3"})
  void peepholesSeeTheMemoryBeforeOrAfterTheStep(int lanes, int steps, int units) {
    Random random = new Random(SEED);
    int rows = lanes * steps;
    float[] gates = EmulatedKernels.random(random, rows * 4 * units);
    float[] cells = EmulatedKernels.random(random, (rows + lanes) * units);
    double[] exact = new double[3 * units];
    for (int r = 0; r < rows; r++) {
      for (int u = 0; u < units; u++) {
        double before = cells[r * units + u];
        double after = cells[(r + lanes) * units + u];
        exact[u] += gates[(r * 4 + 1) * units + u] * before; // forget
        exact[units + u] += gates[(r * 4 + 2) * units + u] * after; // output
        exact[2 * units + u] += gates[(r * 4 + 3) * units + u] * before; // input
      }
    }
    try (EmulatedKernels gpu = new EmulatedKernels()) {
      ColumnSums sums = new ColumnSums(gpu.kernels(), gpu.memory(), 3 * units);
      long sum = gpu.room(3 * units);
      sums.peepholes(
          new Matrix(gpu.of(gates), rows, 4 * units, 4 * units),
          new Matrix(gpu.of(cells), rows + lanes, units, units),
          lanes,
          sum);
      assertClose("peepholes", gpu.floats(sum, 3 * units), exact, tolerance(rows));
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "17, 3", "33, 257", "257, 33", "1000, 2"})
  void rowsAreSortedByCharacterInTheOrderOfTheText(int rows, int vocabulary) {
    int[] characters = new Random(SEED).ints(rows, 0, vocabulary).toArray();
    try (EmulatedKernels gpu = new EmulatedKernels()) {
      PositionsByCharacter positions =
          PositionsByCharacter.allocate(gpu.memory(), vocabulary, new PassSize(1, rows));
      positions.sort(gpu.kernels(), gpu.of(characters), rows);
      int[] order = gpu.ints(positions.order(), rows);
      int[] starts = gpu.ints(positions.starts(), vocabulary + 1);
      assertThat(order)
          .containsExactly(
              IntStream.range(0, rows)
                  .boxed()
                  .sorted((a, b) -> Integer.compare(characters[a], characters[b])) // stable
                  .mapToInt(Integer::intValue)
                  .toArray());
      for (int v = 0; v <= vocabulary; v++) {
        int character = v;
        assertThat(starts[v])
            .isEqualTo(Arrays.stream(characters).filter(c -> c < character).count());
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 1, 1", "17, 3, 33", "33, 257, 3", "257, 33, 17", "300, 2, 257"})
  void theGradientOfALookedUpRowIsTheSumOverWhereItWasRead(int rows, int vocabulary, int columns) {
    Random random = new Random(SEED);
    int[] characters = random.ints(rows, 0, vocabulary).toArray();
    int stride = columns + 5;
    float[] gates = EmulatedKernels.random(random, rows * stride);
    double[] exact = new double[vocabulary * columns];
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < columns; c++) {
        exact[characters[r] * columns + c] += gates[r * stride + c];
      }
    }
    try (EmulatedKernels gpu = new EmulatedKernels()) {
      PositionsByCharacter positions =
          PositionsByCharacter.allocate(gpu.memory(), vocabulary, new PassSize(1, rows));
      positions.sort(gpu.kernels(), gpu.of(characters), rows);
      float[] before = new float[vocabulary * columns];
      Arrays.fill(before, Float.NaN); // rows of absent characters become zero
      long gradient = gpu.of(before);
      gpu.kernels()
          .forGroups(
              "sum_by_character",
              vocabulary,
              columns,
              columns,
              stride,
              positions.starts(),
              positions.order(),
              gpu.of(gates),
              gradient);
      assertClose("gradient", gpu.floats(gradient, vocabulary * columns), exact, tolerance(rows));
    }
  }
}
