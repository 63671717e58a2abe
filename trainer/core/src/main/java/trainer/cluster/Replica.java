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
  private static final int CHUNK = 1 << 16; // floats; the bytes of all may exceed an array

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
    ByteBuffer bytes = ByteBuffer.allocate(Float.BYTES * CHUNK);
    for (Vector which : new Vector[] {Vector.PARAMETERS, Vector.AVERAGES}) {
      float[] vector = read(which);
      for (int from = 0; from < vector.length; from += CHUNK) {
        int count = Math.min(CHUNK, vector.length - from);
        bytes.clear().limit(Float.BYTES * count);
        bytes.asFloatBuffer().put(vector, from, count);
        sum.update(bytes);
      }
    }
    return sum.getValue();
  }

  @Override
  public void close() {
    network.close();
  }
}
