package trainer.spark;

import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import org.apache.spark.TaskContext;
import scala.collection.Iterator;
import scala.runtime.AbstractFunction1;
import trainer.cluster.Invitation;
import trainer.cluster.Rank;

/** What an executor does for as long as it trains: it is one of the ranks. */
final class WorkerTask extends AbstractFunction1<Iterator<Integer>, Iterator<Integer>>
    implements Serializable {
  private static final long serialVersionUID = 1;

  private final Invitation invitation;
  private final int threads;
  private final boolean coresAreFixed;

  /**
   * @param threads 0: all cores of the executor
   * @param coresAreFixed whether the task has as many cores as Spark says
   */
  WorkerTask(Invitation invitation, int threads, boolean coresAreFixed) {
    this.invitation = invitation;
    this.threads = threads;
    this.coresAreFixed = coresAreFixed;
  }

  @Override
  public Iterator<Integer> apply(Iterator<Integer> number) {
    TaskContext context = TaskContext.get();
    int cores = coresAreFixed ? context.cpus() : Runtime.getRuntime().availableProcessors();
    try {
      Rank.run(invitation, context.partitionId(), threads > 0 ? threads : cores);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return number;
  }
}
