package trainer.engine.cpu;

import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import trainer.Networks;
import trainer.config.Compute;
import trainer.config.Compute.EngineType;
import trainer.config.Compute.Precision;
import trainer.config.Layer.CellType;
import trainer.engine.Engine;
import trainer.network.CharacterNetwork;

final class LaneSpeedTest {
  @Test
  void speed() {
    for (CellType cell : CellType.values())
      for (int size : new int[] {128, 256, 512}) {
        CharacterNetwork network =
            new CharacterNetwork(
                Networks.configuration(1, 5, Networks.two(cell, size)),
                65,
                DataType.FLOAT,
                n ->
                    new CpuEngine(
                        n,
                        new Compute(
                            EngineType.CPU,
                            1,
                            0,
                            Precision.valueOf(System.getProperty("bits", "FLOAT32")))));
        StringBuilder line = new StringBuilder();
        for (int lanes : new int[] {1, 8, 16, 1, 8, 16}) {
          try (Engine.Session many = network.engine().session(lanes)) {
            int[] c = new int[lanes];
            for (int i = 0; i < 100; i++) many.next(c);
            long t = System.nanoTime();
            for (int i = 0; i < 500; i++) many.next(c);
            line.append(String.format(" %d:%.1f us/step", lanes, (System.nanoTime() - t) / 5e5));
          }
        }
        System.out.println("SPEED " + cell + size + line);
        network.engine().close();
      }
  }
}
