package trainer.engine.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import trainer.config.Compute;
import trainer.config.Compute.EngineType;
import trainer.config.Compute.Precision;
import trainer.config.Initializer;
import trainer.config.Layer;
import trainer.config.Layer.CellType;
import trainer.config.Model;

/** When each thread trains lanes of its own. */
class DivisionTest {
  @ParameterizedTest
  @CsvSource({
    "LSTM, 128, 64, 2, FLOAT32, 4194304, 2",
    "LSTM, 128, 64, 1, FLOAT32, 4194304, 0", // has nothing to wait for
    "LSTM, 128, 64, 4, FLOAT32, 4194304, 4",
    "LSTM, 128, 64, 8, FLOAT32, 4194304, 0", // too few lanes
    "LSTM, 128, 64, 3, FLOAT32, 4194304, 0", // not divided equally
    "LSTM, 512, 64, 2, FLOAT32, 4194304, 2",
    "LSTM, 513, 64, 2, FLOAT32, 4194304, 0", // 4 MiB are exceeded
    "LSTM, 256, 64, 2, FLOAT32, 1048576, 2",
    "LSTM, 362, 64, 2, BFLOAT16, 1048576, 2",
    "LSTM, 363, 64, 2, BFLOAT16, 1048576, 0",
    "GRU, 295, 64, 2, FLOAT32, 1048576, 2",
    "GRU, 296, 64, 2, FLOAT32, 1048576, 0",
  })
  void theFastest(
      CellType cell,
      int units,
      int lanes,
      int threads,
      Precision precision,
      long mostWeights,
      int groups) {
    Model model =
        new Model(
            List.of(new Layer(CellType.LSTM, 16, 0), new Layer(cell, units, 0)),
            1,
            new Initializer.Xavier());
    Compute compute = new Compute(EngineType.CPU, threads, null, precision);

    assertThat(Division.fastest(model, lanes, compute, mostWeights)).isEqualTo(groups);
  }
}
