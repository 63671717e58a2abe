package trainer.spark;

import java.util.List;
import java.util.Optional;
import org.apache.spark.api.java.JavaSparkContext;
import scala.reflect.ClassTag;
import scala.reflect.ClassTag$;
import trainer.cluster.WorkerLauncher.Launched;

/** A job whose tasks are workers. It ends when they do. */
final class WorkerJob implements Launched {
  private static final long END_MILLISECONDS = 5_000;
  private static final long CANCEL_MILLISECONDS = 10_000;

  private final JavaSparkContext context;
  private final String group;
  private final Thread thread;
  private volatile String failure; // null: running

  WorkerJob(JavaSparkContext context, String group, List<Integer> numbers, WorkerTask task) {
    this.context = context;
    this.group = group;
    thread = new Thread(() -> run(numbers, task), group);
    thread.setDaemon(true);
    thread.start();
  }

  private void run(List<Integer> numbers, WorkerTask task) {
    ClassTag<Integer> type = ClassTag$.MODULE$.apply(Integer.class);
    try {
      context.setJobGroup(group, "workers of a training run", true);
      context
          .parallelize(numbers, numbers.size())
          .rdd()
          .barrier()
          .mapPartitions(task, false, type)
          .count();
      failure = "they have ended";
    } catch (Throwable e) { // Scala does not declare what it throws; the driver waits for this
      String message = e instanceof Error ? e.toString() : String.valueOf(e.getMessage());
      failure = message.lines().findFirst().orElse("");
    }
  }

  @Override
  public Optional<String> failure() {
    return Optional.ofNullable(failure);
  }

  @Override
  public void close() {
    try {
      thread.join(END_MILLISECONDS);
      if (thread.isAlive()) {
        context.cancelJobGroup(group);
        thread.join(CANCEL_MILLISECONDS);
      }
    } catch (InterruptedException e) {
      context.cancelJobGroup(group);
      Thread.currentThread().interrupt();
    }
  }
}
