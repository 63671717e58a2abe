package trainer.job;

import java.time.Clock;
import trainer.run.Events;
import trainer.run.Metrics;
import trainer.run.RunDirectory;
import trainer.run.SamplesFile;

/** The append-only files of a run: metrics.csv, events.jsonl and samples.txt. */
record RunRecords(Metrics metrics, Events events, SamplesFile samples) implements AutoCloseable {

  /** Opens the files, truncated to where training starts. */
  static RunRecords open(RunDirectory directory, TrainingStart start, Clock clock) {
    Metrics opened = Metrics.open(directory.metrics(), start.metrics());
    try {
      return new RunRecords(
          opened,
          Events.open(directory.events(), clock),
          SamplesFile.open(directory.samples(), start.progress().recorded()));
    } catch (RuntimeException | Error e) {
      opened.close();
      throw e;
    }
  }

  @Override
  public void close() {
    try (metrics;
        events;
        samples) {
      // try-with-resources closes all three
    }
  }
}
