package trainer.cluster;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import trainer.engine.Allreduce;
import trainer.engine.TreeOrder;

/**
 * Sums over connections between all ranks. A vector is cut into chunks. Each rank owns every
 * ranks-th chunk: the others send it theirs, it adds them in order and sends the sum back. Chunks
 * are summed by whichever thread receives the last part, while others are on their way.
 */
final class Mesh implements Allreduce, Closeable {
  /** Floats in the longest chunk. */
  static final int LONGEST = 1 << 16;

  private static final int SHORTEST = 1 << 10;
  private static final int HEADER = 8; // number of the vector, number of the chunk
  private static final byte PART = 1;
  private static final byte SUM = 2;

  private final int rank;
  private final Link[] links; // [rank]; null: this one
  private final Map<Integer, Summed> vectors = new ConcurrentHashMap<>();
  private final Queue<float[]> buffers = new ConcurrentLinkedQueue<>(); // of LONGEST floats
  private final Object change = new Object();
  private int started; // vectors so far
  private int missing; // chunks that have not been sent or received
  private String failure; // null: all is well

  /**
   * @param connections to the other ranks; null at this rank's place
   */
  Mesh(int rank, Connection[] connections) throws IOException {
    this.rank = rank;
    links = new Link[connections.length];
    for (int other = 0; other < connections.length; other++) {
      if (other != rank) {
        links[other] = new Link(connections[other], HEADER + 4 * LONGEST, new FromRank(other));
      }
    }
    for (int other = 0; other < connections.length; other++) {
      if (other != rank) {
        links[other].start("rank-%d-%d".formatted(rank, other));
      }
    }
  }

  /** A vector that is being summed. */
  private final class Summed {
    private final int number;
    private final Map<Integer, float[][]> parts = new ConcurrentHashMap<>(); // [rank][float]
    private volatile float[][] arrays; // null: not started here
    private int length;
    private int perChunk;

    Summed(int number) {
      this.number = number;
    }

    int chunks() {
      return (length + perChunk - 1) / perChunk;
    }

    int owner(int chunk) {
      return Math.floorMod(chunk + number, ranks());
    }

    int size(int chunk) {
      return Math.min(perChunk, length - chunk * perChunk);
    }

    /** Begins, and returns the chunks of which all parts are already here. */
    synchronized List<Integer> start(float[][] own) {
      for (float[] array : own) {
        length += array.length;
      }
      perChunk = Math.max(SHORTEST, Math.min(LONGEST, (length + ranks() - 1) / ranks()));
      arrays = own;
      List<Integer> ready = new ArrayList<>();
      parts.forEach(
          (chunk, some) -> {
            if (isComplete(some)) {
              ready.add(chunk);
            }
          });
      return ready;
    }

    /** Keeps a part; returns whether it was the last one of a vector that has started. */
    synchronized boolean add(int from, int chunk, float[] part) throws IOException {
      float[][] some = parts.computeIfAbsent(chunk, c -> new float[ranks()][]);
      if (some[from] != null) {
        throw new IOException("sent a part twice");
      }
      some[from] = part;
      return arrays != null && isComplete(some);
    }

    private boolean isComplete(float[][] some) {
      for (int other = 0; other < some.length; other++) {
        if (other != rank && some[other] == null) {
          return false;
        }
      }
      return true;
    }

    /** Visits a chunk's ranges of the arrays. */
    void each(int chunk, Range range) {
      int from = chunk * perChunk;
      int left = size(chunk);
      for (float[] array : arrays) {
        if (from < array.length) {
          int count = Math.min(left, array.length - from);
          range.visit(array, from, count);
          left -= count;
          if (left == 0) {
            return;
          }
          from = 0;
        } else {
          from -= array.length;
        }
      }
    }

    void write(int chunk, ByteBuffer to) {
      to.putInt(number).putInt(chunk);
      FloatBuffer floats = to.asFloatBuffer();
      each(chunk, floats::put);
    }

    void read(int chunk, FloatBuffer from) {
      each(chunk, from::get);
    }
  }

  private interface Range {
    void visit(float[] array, int from, int count);
  }

  @Override
  public int rank() {
    return rank;
  }

  @Override
  public int ranks() {
    return links.length;
  }

  @Override
  public void start(float[]... arrays) {
    int number = started++;
    Summed vector = vectors.computeIfAbsent(number, Summed::new);
    List<Integer> ready = vector.start(arrays);
    synchronized (change) {
      for (int chunk = 0; chunk < vector.chunks(); chunk++) {
        // Of one's own: the sum, and to each of the others; else: the part to its owner, the sum.
        missing += vector.owner(chunk) == rank ? ranks() : 2;
      }
    }
    for (int chunk = 0; chunk < vector.chunks(); chunk++) {
      int owner = vector.owner(chunk);
      if (owner != rank) {
        send(owner, PART, vector, chunk);
      }
    }
    for (int chunk : ready) {
      sum(vector, chunk);
    }
  }

  private void send(int to, byte type, Summed vector, int chunk) {
    links[to].send(
        type, HEADER + 4 * vector.size(chunk), payload -> vector.write(chunk, payload), this::done);
  }

  private void done() {
    synchronized (change) {
      if (--missing == 0) {
        change.notifyAll();
      }
    }
  }

  /** Adds the parts of a chunk, and sends the sum to all. */
  private void sum(Summed vector, int chunk) {
    float[][] parts = vector.parts.remove(chunk);
    int size = vector.size(chunk);
    float[] own = buffer();
    FloatBuffer ownFloats = FloatBuffer.wrap(own);
    vector.each(chunk, ownFloats::put);
    parts[rank] = own;
    TreeOrder.each(parts.length, (to, from) -> add(parts[to], parts[from], size));
    vector.read(chunk, FloatBuffer.wrap(parts[0]));
    for (float[] part : parts) {
      buffers.add(part);
    }
    for (int other = 0; other < ranks(); other++) {
      if (other != rank) {
        send(other, SUM, vector, chunk);
      }
    }
    done();
  }

  private static void add(float[] to, float[] from, int count) {
    for (int k = 0; k < count; k++) {
      to[k] += from[k];
    }
  }

  private float[] buffer() {
    float[] free = buffers.poll();
    return free == null ? new float[LONGEST] : free;
  }

  /** What comes from one of the other ranks. */
  private final class FromRank implements Link.Receiver {
    private final int other;

    FromRank(int other) {
      this.other = other;
    }

    @Override
    public void received(byte type, ByteBuffer payload) throws IOException {
      int number = payload.getInt();
      int chunk = payload.getInt();
      FloatBuffer floats = payload.asFloatBuffer();
      Summed vector = vectors.computeIfAbsent(number, Summed::new);
      if (type == PART) {
        float[] part = buffer();
        floats.get(part, 0, floats.remaining());
        if (vector.add(other, chunk, part)) {
          sum(vector, chunk);
        }
      } else if (type == SUM && vector.arrays != null && vector.owner(chunk) == other) {
        vector.read(chunk, floats);
        done();
      } else {
        throw new IOException("sent a message of an unknown type");
      }
    }

    @Override
    public void lost(IOException reason) {
      synchronized (change) {
        if (failure == null) {
          failure = "worker %d was lost: %s".formatted(other, Link.words(reason));
        }
        change.notifyAll();
      }
    }
  }

  @Override
  public void await() {
    synchronized (change) {
      while (missing > 0) {
        if (failure != null) {
          throw new WorkersLostException(failure);
        }
        try {
          change.wait();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw new WorkersLostException("interrupted");
        }
      }
    }
    vectors.keySet().removeIf(number -> number < started);
  }

  @Override
  public void close() {
    for (Link link : links) {
      if (link != null) {
        link.close();
      }
    }
  }
}
