package trainer.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import trainer.engine.TreeOrder;

/** Sums between ranks over sockets. */
class MeshTest {
  private Mesh[] meshes = new Mesh[0];

  @AfterEach
  void close() {
    for (Mesh mesh : meshes) {
      mesh.close();
    }
  }

  private void connect(int ranks, boolean encrypted) throws IOException {
    Connection[][] connections = new Connection[ranks][ranks];
    try (ServerSocket server = new ServerSocket(0, 0, InetAddress.getLoopbackAddress())) {
      for (int rank = 0; rank < ranks; rank++) {
        for (int lower = 0; lower < rank; lower++) {
          byte[] up = {(byte) rank, (byte) lower, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
          byte[] down = {(byte) rank, (byte) lower, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
          connections[rank][lower] =
              new Connection(
                  new Socket(server.getInetAddress(), server.getLocalPort()),
                  encrypted ? new MessageCipher.Keys(down, up) : null);
          connections[lower][rank] =
              new Connection(server.accept(), encrypted ? new MessageCipher.Keys(up, down) : null);
        }
      }
    }
    meshes = new Mesh[ranks];
    for (int rank = 0; rank < ranks; rank++) {
      meshes[rank] = new Mesh(rank, connections[rank]);
    }
  }

  /** Numbers of very different size, whose sum depends on the order. */
  private static float[] numbers(int rank, int vector, int length) {
    Random random = new Random(31L * vector + rank);
    float[] numbers = new float[length];
    for (int i = 0; i < length; i++) {
      numbers[i] = (random.nextFloat() - 0.5f) * (1 << random.nextInt(24));
    }
    return numbers;
  }

  private static float[] sum(int ranks, int vector, int length) {
    float[][] all = new float[ranks][];
    for (int rank = 0; rank < ranks; rank++) {
      all[rank] = numbers(rank, vector, length);
    }
    TreeOrder.each(
        ranks,
        (to, from) -> {
          for (int i = 0; i < length; i++) {
            all[to][i] += all[from][i];
          }
        });
    return all[0];
  }

  @ParameterizedTest
  @CsvSource({"2, false", "3, false", "4, false", "6, false", "2, true", "3, true"})
  void sumsAreInTheOrderOfTheTreeWhoeverComesFirst(int ranks, boolean encrypted) throws Exception {
    connect(ranks, encrypted);
    int[] lengths = {1, 1023, 1025, Mesh.LONGEST + 1};
    ExecutorService threads = Executors.newFixedThreadPool(ranks);
    Future<?>[] done = new Future<?>[ranks];
    for (int rank = 0; rank < ranks; rank++) {
      int own = rank;
      done[rank] =
          threads.submit(
              () -> {
                Random random = new Random(own);
                for (int round = 0; round < 4; round++) {
                  float[][] vectors = new float[lengths.length][];
                  for (int v = 0; v < lengths.length; v++) {
                    vectors[v] = numbers(own, v + round, lengths[v]);
                  }
                  for (int v = 0; v < lengths.length; v += 2) {
                    if (random.nextInt(4) == 0) {
                      Thread.sleep(random.nextInt(3));
                    }
                    meshes[own].start(vectors[v], vectors[v + 1]);
                  }
                  meshes[own].await();
                  for (int v = 0; v < lengths.length; v++) {
                    assertThat(vectors[v])
                        .as("round %d, vector %d of rank %d", round, v, own)
                        .isEqualTo(sum(ranks, v + round, lengths[v]));
                  }
                }
                return null;
              });
    }
    for (Future<?> each : done) {
      each.get(60, TimeUnit.SECONDS);
    }
    threads.shutdown();
  }

  /** For figures: {@code -Dmesh.time=true}. */
  @ParameterizedTest
  @CsvSource({"2, false", "2, true", "4, false", "4, true"})
  @EnabledIfSystemProperty(named = "mesh.time", matches = "true")
  void theTimeOfASum(int ranks, boolean encrypted) throws Exception {
    int rounds = 60;
    connect(ranks, encrypted);
    ExecutorService threads = Executors.newFixedThreadPool(ranks);
    double[] milliseconds = new double[rounds];
    CyclicBarrier start = new CyclicBarrier(ranks);
    List<Future<?>> done = new ArrayList<>();
    for (Mesh mesh : meshes) {
      done.add(
          threads.submit(
              () -> {
                float[] vector = numbers(mesh.rank(), 0, 3_300_000);
                for (int round = 0; round < rounds; round++) {
                  start.await();
                  long began = System.nanoTime();
                  mesh.start(vector);
                  mesh.await();
                  if (mesh.rank() == 0) {
                    milliseconds[round] = (System.nanoTime() - began) / 1e6;
                  }
                }
                return null;
              }));
    }
    for (Future<?> each : done) {
      each.get(60, TimeUnit.SECONDS);
    }
    threads.shutdown();
    double[] measured = Arrays.copyOfRange(milliseconds, rounds / 3, rounds);
    Arrays.sort(measured);
    System.out.printf(
        "%d ranks, %s: median %.1f ms (%.1f to %.1f)%n",
        ranks,
        encrypted ? "encrypted" : "plain",
        measured[measured.length / 2],
        measured[0],
        measured[measured.length - 1]);
  }

  @Test
  void aLostRankEndsTheSum() throws IOException {
    connect(3, false);
    meshes[0].start(new float[100_000]);
    meshes[2].close();
    assertThatThrownBy(() -> meshes[0].await())
        .isInstanceOf(WorkersLostException.class)
        .hasMessageContaining("worker 2");
  }
}
