package trainer.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import trainer.spark.SparkCluster.Host;

/** Many losses in one run, for an hour; prints how long training was interrupted. */
@Tag("slow")
final class ClusterLossesTest {
  @TempDir private Path folder;
  private final Random random = new Random(1);
  private final List<String> network = new ArrayList<>();
  private Path run;
  private Path events;

  /**
   * {@code -Dcluster.kills=N}: executors are killed or stopped, Spark's workers and the driver are
   * killed and started again, at random instants.
   */
  @Test
  @EnabledIfSystemProperty(named = "cluster.kills", matches = "[0-9]+")
  void killedAndStoppedProcesses() throws Exception {
    int kills = Integer.getInteger("cluster.kills");
    int iterations = 1_000 + 200 * kills;
    try (SparkCluster cluster = new SparkCluster(folder)) {
      Process driver = submit(cluster, iterations);
      for (int kill = 0; kill < kills; kill++) {
        Thread.sleep(random.nextInt(3_000));
        int before = Files.readAllLines(events).size();
        int kind = random.nextInt(20);
        int worker = random.nextInt(2);
        String what;
        long start = System.nanoTime();
        if (kind < 2) {
          what = "driver";
          driver.destroyForcibly().waitFor();
          driver = cluster.submit(iterations, run);
        } else if (kind < 5) {
          what = "worker";
          cluster.killWorker(worker);
        } else if (kind < 8) {
          what = "stopped executor";
          run("kill", "-STOP", Long.toString(cluster.executor(worker).pid()));
        } else {
          what = "executor";
          cluster.executor(worker).destroyForcibly();
        }
        awaitTraining(driver, before, start);
        System.out.printf("%s: trains after %.1f s%n", what, seconds(start));
      }
      assertEnds(cluster, driver, iterations);
    }
  }

  /**
   * {@code -Dcluster.cuts=N}, for root: each worker and the driver in a network namespace; the link
   * to a worker is cut for 12 to 20 seconds.
   */
  @Test
  @EnabledIfSystemProperty(named = "cluster.cuts", matches = "[0-9]+")
  void cutLinks() throws Exception {
    int cuts = Integer.getInteger("cluster.cuts");
    int iterations = 1_000 + 400 * cuts;
    try (SparkCluster cluster =
        new SparkCluster(folder, host(0), List.of(host(1), host(2)), SparkCluster.ENCRYPTED)) {
      Process driver = submit(cluster, iterations);
      for (int cut = 0; cut < cuts; cut++) {
        Thread.sleep(random.nextInt(3_000));
        int before = Files.readAllLines(events).size();
        int worker = 1 + random.nextInt(2);
        int milliseconds = 12_000 + random.nextInt(8_000);
        long start = System.nanoTime();
        link(worker, "down");
        Thread.sleep(milliseconds);
        link(worker, "up");
        awaitTraining(driver, before, start);
        System.out.printf(
            "cut for %.1f s: trains after %.1f s%n", milliseconds / 1e3, seconds(start));
      }
      assertEnds(cluster, driver, iterations);
    } finally {
      for (String namespace : network) {
        run("ip", "netns", "del", namespace);
      }
    }
  }

  private Process submit(SparkCluster cluster, int iterations) throws Exception {
    run = folder.resolve("run");
    events = run.resolve("events.jsonl");
    Process driver = cluster.submit(iterations, run);
    SparkCluster.await(events, "\"checkpoint\"");
    return driver;
  }

  private void assertEnds(SparkCluster cluster, Process driver, int iterations) throws Exception {
    assertThat(driver.waitFor(iterations, TimeUnit.SECONDS)).isTrue();
    assertThat(driver.exitValue()).as(() -> cluster.log("driver")).isZero();
    cluster.assertBytesOfOneMachine(iterations, run);
    System.out.println("the bytes of one machine");
  }

  private static double seconds(long start) {
    return (System.nanoTime() - start) / 1e9;
  }

  /** Waits for an evaluation after the last loss or start. */
  private void awaitTraining(Process driver, int before, long start) throws Exception {
    while (!trains(before)) {
      assertThat(seconds(start)).isLessThan(180);
      assertThat(driver.isAlive()).isTrue();
      Thread.sleep(20);
    }
  }

  private boolean trains(int before) throws IOException {
    List<String> lines = Files.readAllLines(events);
    boolean lost = false;
    boolean trains = false;
    for (String line : lines.subList(Math.min(before, lines.size()), lines.size())) {
      if (line.contains("\"workers_lost\"") || line.contains("\"resumed\"")) {
        lost = true;
        trains = false;
      }
      trains |= lost && line.contains("\"evaluation\"");
    }
    return trains;
  }

  /** Host 0 has a bridge, to which the others' links lead. */
  private Host host(int number) throws Exception {
    String namespace = "charrnn-%d-%d".formatted(ProcessHandle.current().pid(), number);
    run("ip", "netns", "add", namespace);
    network.add(namespace);
    String address = "10.99.0." + (number + 1);
    String device = "net";
    run("ip", "-n", namespace, "link", "set", "lo", "up");
    if (number == 0) {
      run("ip", "-n", namespace, "link", "add", device, "type", "bridge");
    } else {
      String head = network.get(0);
      String end = device + number;
      run("ip", "-n", namespace, "link", "add", device, "type", "veth", "peer", end, "netns", head);
      run("ip", "-n", head, "link", "set", end, "master", device, "up");
    }
    run("ip", "-n", namespace, "addr", "add", address + "/24", "dev", device);
    run("ip", "-n", namespace, "link", "set", device, "up");
    return new Host(address, List.of("ip", "netns", "exec", namespace));
  }

  private void link(int number, String state) throws Exception {
    run("ip", "-n", network.get(0), "link", "set", "net" + number, state);
  }

  private static void run(String... command) throws Exception {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = process.inputReader().lines().collect(Collectors.joining("\n"));
    assertThat(process.waitFor()).as("%s: %s", List.of(command), output).isZero();
  }
}
