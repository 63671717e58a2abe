package trainer.checkpoint;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.factory.Nd4j;
import trainer.engine.CarriedState;

/** Checkpoints with a matching manifest whose arrays do not match their network. */
final class HostileArraysTest extends HostileCheckpoint {
  @Test
  void arrayThatClaimsMoreThanThereIs() throws IOException {
    ByteBuffer.wrap(entries.get("coefficients.bin")).putLong(52, 4_000_000_000L);
    byte[] claim = entries.get("coefficients.bin");
    ByteBuffer.wrap(claim).putLong(claim.length - Examples.PARAMETERS * 4 - 7 - 8, 4_000_000_000L);
    refusedWithFittingManifest(
        "its entry coefficients.bin claims 4,000,000,000 numbers of 4 bytes but has 584"
            + " bytes");
  }

  @Test
  void arrayOfAnotherType() throws IOException {
    entries.put("coefficients.bin", nd4j(Nd4j.ones(DataType.INT32, 1, 11)));
    refusedWithFittingManifest("its entry coefficients.bin does not hold numbers of 32 or 64 bits");
  }

  @Test
  void arrayOfAnotherShape() throws IOException {
    entries.put("coefficients.bin", nd4j(Nd4j.ones(DataType.FLOAT, 11, 1)));
    refusedWithFittingManifest("its entry coefficients.bin is not one row of numbers");
    entries.put("coefficients.bin", nd4j(Nd4j.ones(DataType.FLOAT, 1, 1, 11)));
    refusedWithFittingManifest("its entry coefficients.bin is not one row of numbers");
  }

  @Test
  void arraysOfDifferentTypes() throws IOException {
    entries.put("updaterState.bin", nd4j(Nd4j.ones(DataType.DOUBLE, 1, 292)));
    refusedWithFittingManifest("its parameters are FLOAT and its updater state DOUBLE");
  }

  @Test
  void arrayThatEndsTooEarly() throws IOException {
    entries.put("coefficients.bin", new byte[] {0, 16, 'M'});
    refusedWithFittingManifest("its entry coefficients.bin is damaged");
  }

  @Test
  void carriedStateOfAnotherFormat() throws IOException {
    entries.put("trainer/carried.bin", new byte[40]);
    refusedWithFittingManifest("its entry trainer/carried.bin is not a carried state");
  }

  @Test
  void carriedStateThatClaimsMoreThanThereIs() throws IOException {
    ByteBuffer.wrap(entries.get("trainer/carried.bin"))
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(12, Integer.MAX_VALUE)
        .putInt(16, Integer.MAX_VALUE);
    refusedWithFittingManifest(
        "its entry trainer/carried.bin has 2147483647 lanes of 2147483647 units in layer 0, and the"
            + " network that its configuration describes 2 of 3");
  }

  @Test
  void carriedStateWithTrailingBytes() throws IOException {
    byte[] state = entries.get("trainer/carried.bin");
    entries.put("trainer/carried.bin", java.util.Arrays.copyOf(state, state.length + 8));
    refusedWithFittingManifest("its entry trainer/carried.bin has 8 bytes too many");
  }

  @Test
  void carriedStateOfAnotherNetwork() throws IOException {
    replace("trainer/config.yml", ", {type: gru, size: 2}", "");
    refusedWithFittingManifest(
        "its entry trainer/carried.bin has 2 layers, and the network that its configuration"
            + " describes 1");
  }

  @Test
  void parametersOfAnotherNetwork() throws IOException {
    entries.put("coefficients.bin", nd4j(Nd4j.ones(DataType.FLOAT, 1, 147)));
    refusedWithFittingManifest(
        "its entry coefficients.bin has 147 numbers, and the network that its configuration"
            + " describes 146");
  }

  @Test
  void updaterStateOfAnotherOptimizer() throws IOException {
    replace("trainer/config.yml", "{batch_size: 2}", "{batch_size: 2, optimizer: {type: rmsprop}}");
    refusedWithFittingManifest(
        "its entry updaterState.bin has 292 numbers, and the network that its configuration"
            + " describes 146");
    replace("trainer/config.yml", "{type: rmsprop}", "{type: sgd, momentum: 0.0}");
    refusedWithFittingManifest(
        "its entry updaterState.bin belongs to another optimizer than the one in its configuration");
  }

  /** A network whose parameters would take 77 exabytes. */
  @Test
  void configurationOfANetworkBeyondAllMemory() throws IOException {
    replace("trainer/config.yml", "{type: lstm, size: 3}", "{type: lstm, size: 2147483647}");
    ByteArrayOutputStream state = new ByteArrayOutputStream();
    CarriedStateFormat.write(new CarriedState(List.of()), state);
    entries.put("trainer/carried.bin", state.toByteArray());
    refusedWithFittingManifest(
        "its entry coefficients.bin has 146 numbers, and the network that its configuration"
            + " describes 9,223,372,036,854,775,807");
  }

  private static byte[] nd4j(org.nd4j.linalg.api.ndarray.INDArray array) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Nd4j.write(array, new DataOutputStream(out));
    return out.toByteArray();
  }
}
