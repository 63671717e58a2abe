package trainer.cluster;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import trainer.cluster.Commands.Vector;
import trainer.engine.VectorNetwork;

/**
 * A rank's copy of the network.
 *
 * @param parameters number of them
 */
record Replica(VectorNetwork<?> network, int parameters) implements AutoCloseable {

  float[] read(Vector which) {
    float[] vector = new float[which == Vector.AVERAGES ? network.updaterLength() : parameters];
    switch (which) {
      case PARAMETERS -> network.readParameters(vector);
      case GRADIENT -> network.readGradient(vector);
      case AVERAGES -> network.readUpdater(vector);
    }
    return vector;
  }

  /**
   * @throws IllegalArgumentException for a gradient, which is not set
   */
  void write(Vector which, float[] vector) {
    switch (which) {
      case PARAMETERS -> network.writeParameters(vector);
      case AVERAGES -> network.writeUpdater(vector);
      case GRADIENT -> throw new IllegalArgumentException("a gradient is not set");
    }
  }

  /** Of parameters and optimizer averages. */
  long checksum() {
    CRC32C sum = new CRC32C();
    for (Vector which : new Vector[] {Vector.PARAMETERS, Vector.AVERAGES}) {
      float[] vector = read(which);
      ByteBuffer bytes = ByteBuffer.allocate(Float.BYTES * vector.length);
      bytes.asFloatBuffer().put(vector);
      sum.update(bytes);
    }
    return sum.getValue();
  }

  @Override
  public void close() {
    network.close();
  }
}
