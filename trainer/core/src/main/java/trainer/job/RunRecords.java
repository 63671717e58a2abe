package trainer.job;

import java.time.Clock;
import java.util.Optional;
import trainer.config.Configuration;
import trainer.run.Events;
import trainer.run.Metrics;
import trainer.run.MetricsRow;
import trainer.run.RunDirectory;
import trainer.run.SamplesFile;

/** The append-only files of a run: metrics.csv, events.jsonl, samples.txt and TensorBoard's. */
record RunRecords(
    Metrics metrics, Events events, SamplesFile samples, Optional<TensorBoard> tensorBoard)
    implements AutoCloseable {

  /** Opens the files, truncated to where training starts. */
  static RunRecords open(
      RunDirectory directory, Configuration configuration, TrainingStart start, Clock clock) {
    int recorded = start.progress().recorded();
    Metrics opened = Metrics.open(directory.metrics(), start.metrics());
    try {
      return new RunRecords(
          opened,
          Events.open(directory.events(), clock),
          SamplesFile.open(directory.samples(), recorded),
          TensorBoard.open(directory, configuration, opened.rows(), recorded, clock));
    } catch (RuntimeException | Error e) {
      opened.close();
      throw e;
    }
  }

  void append(MetricsRow row) {
    metrics.append(row);
    tensorBoard.ifPresent(board -> board.append(row));
  }

  void sample(int iteration, double temperature, String text) {
    samples.append(iteration, temperature, text);
    tensorBoard.ifPresent(board -> board.append(iteration, temperature, text));
  }

  @Override
  public void close() {
    try (metrics;
        events;
        samples;
        TensorBoard board = tensorBoard.orElse(null)) {
      // try-with-resources closes all four
    }
  }
}
