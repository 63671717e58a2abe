package trainer.job;

import java.time.Clock;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.function.Consumer;
import trainer.config.Configuration;
import trainer.run.Events;
import trainer.run.Metrics;
import trainer.run.MetricsRow;
import trainer.run.RunDirectory;
import trainer.run.SamplesFile;

/**
 * The append-only files of a run: metrics.csv, events.jsonl, samples.txt and TensorBoard's; and
 * what MLflow is shown of them.
 */
record RunRecords(
    Metrics metrics,
    Events events,
    SamplesFile samples,
    Optional<TensorBoard> tensorBoard,
    Optional<MlFlow> mlflow)
    implements AutoCloseable {

  /**
   * Opens the files, truncated to where training starts.
   *
   * @param warning receives messages of MLflow's server
   */
  static RunRecords open(
      RunDirectory directory,
      Configuration configuration,
      TrainingStart start,
      Clock clock,
      Consumer<String> warning) {
    int recorded = start.progress().recorded();
    Deque<Runnable> opened = new ArrayDeque<>();
    try {
      Metrics metrics = Metrics.open(directory.metrics(), start.metrics());
      opened.push(metrics::close);
      Events events = Events.open(directory.events(), clock);
      opened.push(events::close);
      SamplesFile samples = SamplesFile.open(directory.samples(), recorded);
      opened.push(samples::close);
      Optional<TensorBoard> board =
          TensorBoard.open(directory, configuration, metrics.rows(), recorded, clock);
      board.ifPresent(found -> opened.push(found::close));
      Optional<MlFlow> mlflow =
          MlFlow.open(directory, configuration, start, System.getenv(), clock, warning);
      return new RunRecords(metrics, events, samples, board, mlflow);
    } catch (RuntimeException | Error e) {
      opened.forEach(close -> closeAfter(e, close));
      throw e;
    }
  }

  /** Closes a file after a failure, which stays the one that is told. */
  static void closeAfter(Throwable failure, Runnable close) {
    try {
      close.run();
    } catch (RuntimeException e) {
      failure.addSuppressed(e);
    }
  }

  void append(MetricsRow row) {
    metrics.append(row);
    tensorBoard.ifPresent(board -> board.append(row));
    mlflow.ifPresent(MlFlow::appended);
  }

  void sample(int iteration, double temperature, String text) {
    samples.append(iteration, temperature, text);
    tensorBoard.ifPresent(board -> board.append(iteration, temperature, text));
  }

  void ended(MlFlow.Status how) {
    mlflow.ifPresent(shown -> shown.ended(how));
  }

  @Override
  public void close() {
    try (metrics;
        events;
        samples) {
      tensorBoard.ifPresent(TensorBoard::close);
    } finally {
      mlflow.ifPresent(MlFlow::close); // sends what the others have written
    }
  }
}
