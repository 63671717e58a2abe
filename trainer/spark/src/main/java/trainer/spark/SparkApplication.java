package trainer.spark;

import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkContext;
import org.apache.spark.SparkContext$;
import org.apache.spark.api.java.JavaSparkContext;
import trainer.cluster.Invitation;
import trainer.cluster.WorkerLauncher.Launched;

/** The Spark application that this program is. */
final class SparkApplication {
  /**
   * Of an executor to register; without it, Spark looks for room again a second later. Also of an
   * application to stop.
   */
  private static final long EXECUTORS_MILLISECONDS = 15_000;

  private static final long POLL_MILLISECONDS = 100;
  private static final List<String> ENCRYPTING =
      List.of(
          "spark.network.crypto.enabled",
          "spark.authenticate.enableSaslEncryption",
          "spark.ssl.rpc.enabled");

  private static SparkApplication running; // a program has one context

  private final JavaSparkContext context;
  private final boolean coresAreFixed;
  private int jobs;

  private SparkApplication(JavaSparkContext context, boolean coresAreFixed) {
    this.context = context;
    this.coresAreFixed = coresAreFixed;
  }

  /**
   * The application, started by the first call, and again after the cluster has ended it.
   *
   * @param workers as many executors are waited for
   * @param threads of a worker; 0: all cores of its executor
   */
  static synchronized SparkApplication of(int workers, int threads) {
    if (running != null && running.context.sc().isStopped()) { // by the cluster's master
      await(() -> SparkContext$.MODULE$.getActive().isEmpty());
      running = null;
    }
    if (running == null) {
      SparkConf conf = configured(threads);
      JavaSparkContext context = new JavaSparkContext(conf);
      if (!conf.contains("spark.log.level")) {
        context.setLogLevel("WARN");
      }
      running = new SparkApplication(context, conf.contains("spark.executor.cores"));
    }
    running.awaitExecutors(workers);
    return running;
  }

  /** What spark-submit says, and what barrier stages and quick recovery need. */
  private static SparkConf configured(int threads) {
    SparkConf conf = new SparkConf();
    conf.setIfMissing("spark.app.name", "charrnn");
    if (threads > 0) {
      conf.setIfMissing("spark.executor.cores", Integer.toString(threads));
    }
    if (conf.contains("spark.executor.cores")) {
      // A worker has a whole executor.
      conf.setIfMissing("spark.task.cpus", conf.get("spark.executor.cores"));
    }
    conf.set("spark.dynamicAllocation.enabled", "false");
    conf.set("spark.speculation", "false");
    conf.setIfMissing("spark.locality.wait", "0s");
    conf.setIfMissing("spark.ui.showConsoleProgress", "false");
    // From which each executor copies the jar once more, and which a killed one leaves behind.
    conf.setIfMissing("spark.files.useFetchCache", "false");
    conf.setIfMissing("spark.scheduler.barrier.maxConcurrentTasksCheck.interval", "1s");
    conf.setIfMissing("spark.scheduler.barrier.maxConcurrentTasksCheck.maxFailures", "170");
    // An executor that is stopped or unreachable keeps its cores until Spark gives it up.
    conf.setIfMissing("spark.executor.heartbeatInterval", "2s");
    conf.setIfMissing("spark.storage.blockManagerHeartbeatTimeoutMs", "12000");
    conf.setIfMissing("spark.network.timeoutInterval", "3s");
    conf.setIfMissing("spark.task.reaper.enabled", "true");
    conf.setIfMissing("spark.task.reaper.killTimeout", "15s");
    return conf;
  }

  /** This machine's address, as executors reach it. */
  String host() {
    return context.getConf().get("spark.driver.host");
  }

  /** Whether Spark encrypts what it sends itself: with its own protocol, SASL or TLS. */
  boolean demandsEncryption() {
    return ENCRYPTING.stream().anyMatch(key -> context.getConf().getBoolean(key, false));
  }

  private void awaitExecutors(int workers) {
    if (context.getConf().get("spark.master").startsWith("local[")) {
      return; // the driver is the executor
    }
    SparkContext spark = context.sc();
    await(() -> spark.isStopped() || spark.statusTracker().getExecutorInfos().length > workers);
  }

  private static void await(BooleanSupplier condition) {
    long end = System.nanoTime() + EXECUTORS_MILLISECONDS * 1_000_000;
    while (!condition.getAsBoolean() && System.nanoTime() < end) {
      try {
        Thread.sleep(POLL_MILLISECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  /** Submits a barrier stage of one task per worker: all of them run, or none. */
  synchronized Launched launch(int workers, int threads, Invitation invitation) {
    String group = "workers-" + ++jobs;
    WorkerTask task = new WorkerTask(invitation, threads, coresAreFixed);
    List<Integer> numbers = IntStream.range(0, workers).boxed().toList();
    return new WorkerJob(context, group, numbers, task);
  }
}
