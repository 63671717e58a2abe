package trainer.spark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import trainer.spark.SparkCluster.Host;

/**
 * Two workers, each on a core of its own, against one machine with one core and the same lanes; and
 * what docs/cluster.md predicts: {@code -Dcluster.scaling=ROUNDS}, on a machine that does nothing
 * else. With three rounds it takes about five minutes.
 */
@Tag("slow")
@EnabledIfSystemProperty(named = "cluster.scaling", matches = "[1-9][0-9]*")
final class ClusterScalingTest {
  @TempDir private Path folder;

  /**
   * Of a run.
   *
   * @param length characters of a segment
   */
  private record Size(int lanes, int length, int iterations) {}

  @Test
  void twoWorkersAgainstOneCore() throws Exception {
    int lanes = 64;
    int length = 50;
    int iterations = 16; // of which the latter half counts
    try (SparkCluster cluster =
        new SparkCluster(folder, Host.LOOPBACK, List.of(core(0), core(1)), List.of())) {
      // With a lane and a character each, an iteration is little more than the sums.
      double sums =
          workers(cluster, new Size(2, 1, 300)) - oneCore(cluster, List.of(0), new Size(1, 1, 300));
      System.out.printf(
          "two LSTM layers of 512 units, %d characters; sums %.1f ms%n", length, sums);
      for (int round = 0; round < Integer.getInteger("cluster.scaling"); round++) {
        double whole = oneCore(cluster, List.of(0), new Size(lanes, length, iterations));
        double together = workers(cluster, new Size(lanes, length, iterations));
        double half = oneCore(cluster, List.of(0), new Size(lanes / 2, length, iterations));
        double beside = oneCore(cluster, List.of(0, 1), new Size(lanes / 2, length, iterations));
        System.out.printf(
            "%d lanes: one core %.0f ms, two workers %.0f ms, efficiency %.0f %%; %d lanes: one core"
                + " %.0f ms, beside another run %.0f ms; model %.0f ms, or %.0f ms%n",
            lanes,
            whole,
            together,
            100 * whole / (2 * together),
            lanes / 2,
            half,
            beside,
            half + sums,
            beside + sums);
      }
    }
  }

  private static Host core(int number) {
    return new Host("127.0.0.1", List.of("taskset", "-c", Integer.toString(number)));
  }

  private static List<String> training(Size size, Path output) {
    List<String> words = new ArrayList<>(List.of("train", SparkCluster.CONFIGURATION.toString()));
    words.addAll(List.of("--output", output.toString()));
    for (String setting :
        List.of(
            "model.layers=[{type: lstm, size: 512}, {type: lstm, size: 512}]",
            "training.batch_size=" + size.lanes(),
            "training.sequence_length=" + size.length(),
            "training.max_iterations=" + size.iterations(),
            "training.remainder=drop",
            "training.epochs=1000",
            "evaluation.every_iterations=" + size.iterations(),
            "checkpoints.every_iterations=0",
            "samples.every_iterations=0",
            "compute.engine=cpu",
            "compute.threads=1")) {
      words.addAll(List.of("--set", setting));
    }
    return words;
  }

  /** Milliseconds of an iteration of two workers. */
  private double workers(SparkCluster cluster, Size size) throws Exception {
    Path run = Files.createTempDirectory(folder, "run");
    cluster.assertEnds(cluster.submit(training(size, run)), "driver");
    return milliseconds(run, size);
  }

  /** Milliseconds of an iteration on one core; the mean of runs beside each other, one per core. */
  private double oneCore(SparkCluster cluster, List<Integer> cores, Size size) throws Exception {
    List<Path> runs = new ArrayList<>();
    List<Process> processes = new ArrayList<>();
    for (int core : cores) {
      Path run = Files.createTempDirectory(folder, "run");
      processes.add(cluster.trainer("core-" + core, core(core), List.of(), training(size, run)));
      runs.add(run);
    }
    double sum = 0;
    for (int i = 0; i < runs.size(); i++) {
      cluster.assertEnds(processes.get(i), "core-" + cores.get(i));
      sum += milliseconds(runs.get(i), size);
    }
    return sum / runs.size();
  }

  /** By the last row's speed: the median of the latter half, or of the latest 100 iterations. */
  private static double milliseconds(Path run, Size size) throws IOException {
    List<String> rows = Files.readAllLines(run.resolve("metrics.csv"));
    String last = rows.get(rows.size() - 1);
    double speed = Double.parseDouble(last.substring(last.lastIndexOf(',') + 1));
    return 1000.0 * size.lanes() * size.length() / speed;
  }
}
