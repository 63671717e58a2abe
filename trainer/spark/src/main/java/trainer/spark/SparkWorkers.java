package trainer.spark;

import java.util.Optional;
import trainer.cluster.Invitation;
import trainer.cluster.WorkerLauncher;

/** Starts workers on the Spark cluster to which {@code spark-submit} has submitted this program. */
public final class SparkWorkers implements WorkerLauncher {
  private SparkApplication application; // null before the first workers

  @Override
  public Optional<String> obstacle() {
    try {
      Class.forName("org.apache.spark.SparkContext", false, getClass().getClassLoader());
    } catch (ClassNotFoundException e) {
      return Optional.of("Spark is not on the class path");
    }
    return System.getProperty("spark.master") == null
        ? Optional.of("Spark is on the class path, but spark-submit has not named a master")
        : Optional.empty();
  }

  @Override
  public String prepare(int workers, int threads) {
    application = SparkApplication.of(workers, threads);
    return application.host();
  }

  @Override
  public boolean demandsEncryption() {
    return application.demandsEncryption();
  }

  @Override
  public Launched launch(int workers, int threads, Invitation invitation) {
    return application.launch(workers, threads, invitation);
  }
}
