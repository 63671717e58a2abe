package trainer.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import trainer.Networks;
import trainer.cluster.Commands.Vector;
import trainer.config.Compute;
import trainer.config.Compute.EngineType;
import trainer.config.Compute.Precision;
import trainer.config.Configuration;
import trainer.config.Layer;
import trainer.config.Layer.CellType;
import trainer.engine.Allreduce;
import trainer.engine.RandomText;
import trainer.engine.cpu.CpuEngineProvider;
import trainer.network.EngineProvider;
import trainer.text.Segment;

/** Ranks that are threads: their sums, and one that fails while the others wait for it. */
@Timeout(60)
class LocalRanksTest {
  private static final int VOCABULARY = 5;
  private static final int LANES = 4;
  private static final Segment TEXT = RandomText.segments(VOCABULARY, LANES, 1, 6).get(0);
  private static final Compute COMPUTE = new Compute(EngineType.CPU, 1, 2, Precision.FLOAT32);
  private static final Configuration CONFIGURATION =
      Networks.configuration(LANES, 6, new Layer(CellType.LSTM, 3, 0));
  private static final int PARAMETERS = 12 * (VOCABULARY + 3 + 1) + 4 * VOCABULARY;

  private static EngineProvider.Rank rank(Allreduce sums) {
    return new CpuEngineProvider().rank(CONFIGURATION, VOCABULARY, COMPUTE, sums).orElseThrow();
  }

  private static LocalRanks two(LocalRanks.Opener opener) {
    return LocalRanks.open(2, PARAMETERS, opener);
  }

  private static ClusterNetwork network(LocalRanks ranks) {
    return new ClusterNetwork(CONFIGURATION.model().layers(), ranks, ranks.first(), PARAMETERS, 2);
  }

  /** Arrays that three ranks cannot divide evenly, and one that is shorter than the ranks. */
  @Test
  void sumsAreInTheOrderOfTheTree() throws Exception {
    float[][] terms = {{1e8f, 1, 3, 0.1f}, {-1e8f, 2, 4, 0.2f}, {1, 3, 5, 0.3f}};
    LocalAllreduce sums = new LocalAllreduce(3);
    ExecutorService threads = Executors.newFixedThreadPool(3);
    List<Future<?>> done = new ArrayList<>();
    float[][] twice = new float[3][1];
    for (int rank = 0; rank < 3; rank++) {
      Allreduce own = sums.of(rank);
      float[] array = terms[rank];
      float[] second = twice[rank];
      done.add(
          threads.submit(
              () -> {
                second[0] = own.rank() + 1;
                own.start(array);
                own.start(second);
                own.await();
                own.start(second);
                own.await();
              }));
    }
    for (Future<?> each : done) {
      each.get();
    }
    threads.shutdown();
    assertThat(terms[0]).containsExactly(1, 6, 12, 0.1f + 0.2f + 0.3f);
    assertThat(Arrays.asList(terms)).allSatisfy(sum -> assertThat(sum).isEqualTo(terms[0]));
    assertThat(Arrays.asList(twice)).allSatisfy(sum -> assertThat(sum).containsExactly(18));
  }

  /** What a rank gives next must not hide what the others have not yet read. */
  @Test
  void ranksMeetAndGetWhatEachGives() throws Exception {
    int ranks = 3;
    LocalAllreduce sums = new LocalAllreduce(ranks);
    ExecutorService threads = Executors.newFixedThreadPool(ranks);
    List<Future<?>> done = new ArrayList<>();
    for (int rank = 0; rank < ranks; rank++) {
      Allreduce own = sums.of(rank);
      done.add(
          threads.submit(
              () -> {
                for (int turn = 0; turn < 2000; turn++) {
                  assertThat(own.meet(turn + own.rank())).containsExactly(turn, turn + 1, turn + 2);
                }
              }));
    }
    for (Future<?> each : done) {
      each.get();
    }
    threads.shutdown();
    sums.end();
    assertThatThrownBy(() -> sums.of(0).meet(0)).isInstanceOf(ClusterException.class);
    assertThat(Allreduce.ALONE.meet(0)).isEmpty();
  }

  /** For figures: {@code -Dmesh.time=true}. */
  @ParameterizedTest
  @ValueSource(ints = {2, 4})
  @EnabledIfSystemProperty(named = "mesh.time", matches = "true")
  void theTimeOfASum(int ranks) throws Exception {
    int rounds = 60;
    LocalAllreduce sums = new LocalAllreduce(ranks);
    ExecutorService threads = Executors.newFixedThreadPool(ranks);
    double[] milliseconds = new double[rounds];
    List<Future<?>> done = new ArrayList<>();
    for (int rank = 0; rank < ranks; rank++) {
      Allreduce own = sums.of(rank);
      done.add(
          threads.submit(
              () -> {
                float[] vector = new float[3_300_000];
                for (int round = 0; round < rounds; round++) {
                  own.await(); // all begin at the same time
                  long began = System.nanoTime();
                  own.start(vector);
                  own.await();
                  if (own.rank() == 0) {
                    milliseconds[round] = (System.nanoTime() - began) / 1e6;
                  }
                }
              }));
    }
    for (Future<?> each : done) {
      each.get();
    }
    threads.shutdown();
    double[] measured = Arrays.copyOfRange(milliseconds, rounds / 3, rounds);
    Arrays.sort(measured);
    System.out.printf(
        "%d threads: median %.1f ms (%.1f to %.1f)%n",
        ranks, measured[measured.length / 2], measured[0], measured[measured.length - 1]);
  }

  @Test
  void aRankThatFailsEndsTheOthersWithItsReason() {
    LocalRanks ranks =
        two(
            (rank, sums) ->
                rank(
                    rank == 0
                        ? sums
                        : new Allreduce() {
                          @Override
                          public int rank() {
                            return 1;
                          }

                          @Override
                          public int ranks() {
                            return 2;
                          }

                          @Override
                          public void start(float[]... arrays) {}

                          @Override
                          public void await() {
                            throw new IllegalStateException("GPU 1 is on fire");
                          }
                        }));
    try (ClusterNetwork network = network(ranks)) {
      assertThatThrownBy(() -> network.train(TEXT, 0.01, 0)).hasMessage("GPU 1 is on fire");
      assertThatThrownBy(() -> network.train(TEXT, 0.01, 0))
          .isInstanceOf(ClusterException.class)
          .hasMessageContaining("GPU 1 is on fire");
    }
  }

  @Test
  void aDifferentParameterIsFoundBeforeACheckpointIsWritten() {
    LocalRanks ranks = two((rank, sums) -> rank(sums));
    try (ClusterNetwork network = network(ranks)) {
      network.writeParameters(new float[PARAMETERS]);
      network.train(TEXT, 0.01, 0);
      float[] other = ranks.read(Vector.PARAMETERS);
      other[7] += 0x1p-20f;
      ranks.first().writeParameters(other);
      assertThatThrownBy(() -> network.readParameters(new float[PARAMETERS]))
          .isInstanceOf(WorkersLostException.class)
          .hasMessageContaining("the GPUs have different parameters (checksums");
    }
  }

  @Test
  void gpusThatComputeDifferentlyAreRefused() {
    assertThatThrownBy(
            () ->
                two(
                    (rank, sums) ->
                        new EngineProvider.Rank(rank(sums).network(), "model " + rank, null)))
        .isInstanceOf(ClusterException.class)
        .hasMessageContaining("compute.gpus: the GPUs compute differently")
        .hasMessageContaining("--set compute.gpus=[0]");
  }
}
