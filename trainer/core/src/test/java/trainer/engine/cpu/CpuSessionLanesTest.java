package trainer.engine.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.buffer.DataType;
import trainer.Networks;
import trainer.config.Compute;
import trainer.config.Compute.EngineType;
import trainer.config.Compute.Precision;
import trainer.config.Layer.CellType;
import trainer.engine.Engine;
import trainer.network.CharacterNetwork;

/** A lane predicts, to the bit, what it would predict alone, however many there are. */
final class CpuSessionLanesTest {
  private static final int VOCABULARY = 23;
  private static final int STEPS = 20;

  @ParameterizedTest
  @EnumSource(CellType.class)
  void aLaneDoesNotDependOnTheOthers(CellType cell) {
    check(cell, Precision.FLOAT32, 1, 0);
  }

  @ParameterizedTest
  @EnumSource(CellType.class)
  @EnabledIf("trainer.engine.cpu.DnnlProducts#hasBfloat16")
  void norInBfloat16(CellType cell) {
    check(cell, Precision.BFLOAT16, 1, 0);
  }

  @Test
  void norWithThreadsOrLaneGroups() {
    check(CellType.LSTM, Precision.FLOAT32, 2, 0);
    check(CellType.LSTM, Precision.FLOAT32, 2, 3);
  }

  private static void check(CellType cell, Precision precision, int threads, int laneGroups) {
    Compute compute = new Compute(EngineType.CPU, threads, laneGroups, precision);
    for (int size : new int[] {5, 64, 256}) {
      try (CharacterNetwork network =
          new CharacterNetwork(
              Networks.configuration(1, 5, Networks.two(cell, size)),
              VOCABULARY,
              DataType.FLOAT,
              of -> new CpuEngine(of, compute))) {
        for (int lanes : new int[] {2, 5, 8}) {
          int[][] text = text(lanes);
          float[][] together = read(network, lanes, text);
          for (int lane = 0; lane < lanes; lane++) {
            int first = lane;
            int[][] own =
                Arrays.stream(text).map(each -> new int[] {each[first]}).toArray(int[][]::new);
            float[][] alone = read(network, 1, own);
            for (int t = 0; t < STEPS; t++) {
              assertThat(
                      Arrays.copyOfRange(together[t], lane * VOCABULARY, (lane + 1) * VOCABULARY))
                  .as("size %d, lane %d of %d, step %d", size, lane, lanes, t)
                  .isEqualTo(alone[t]);
            }
          }
        }
      }
    }
  }

  private static int[][] text(int lanes) {
    Random random = new Random(lanes);
    return IntStream.range(0, STEPS)
        .mapToObj(t -> random.ints(lanes, 0, VOCABULARY).toArray())
        .toArray(int[][]::new);
  }

  private static float[][] read(CharacterNetwork network, int lanes, int[][] text) {
    try (Engine.Session session = network.engine().session(lanes)) {
      return Arrays.stream(text)
          .map(characters -> session.next(characters).clone())
          .toArray(float[][]::new);
    }
  }
}
