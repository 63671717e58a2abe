package trainer.cli;

import trainer.cli.console.ByteBar;
import trainer.cli.console.Console;
import trainer.job.JobReporter;
import trainer.job.TrainingPlan;
import trainer.training.Phase;
import trainer.training.TrainingState;

/** Shows a job on the console. */
final class ConsoleReporter implements JobReporter {
  private ByteBar bytes; // null while no file is being read
  private TrainingProgress progress; // null except during training
  private boolean summarized;
  private boolean showsSamples;
  private String sample; // the newest, to be shown below the line of its evaluation; null: shown

  @Override
  public void message(String text) {
    Console.line(text);
  }

  @Override
  public void bytes(String task, long done, long total) {
    if (bytes == null) {
      bytes = new ByteBar(task);
    }
    bytes.report(done, total);
  }

  @Override
  public void bytesEnd() {
    if (bytes != null) {
      bytes.close();
      bytes = null;
    }
  }

  @Override
  public void started(TrainingPlan plan) {
    if (!summarized) {
      Summary.of(plan).forEach(Console::line);
      summarized = true;
    }
    showsSamples = plan.configuration().samples().terminal() && Console.isTerminal();
    progress = new TrainingProgress(plan);
  }

  @Override
  public void phase(Phase phase, TrainingState state) {
    if (progress != null) { // null for the checkpoint of a job that was stopped
      progress.phase(phase, state);
    }
  }

  /** Keeps the first of an iteration, at the lowest temperature by default. */
  @Override
  public void sample(int iteration, double temperature, String text) {
    if (showsSamples && sample == null) {
      sample = SampleStart.of(temperature, text);
    }
  }

  @Override
  public void updated(TrainingState state) {
    progress.updated(state);
    if (sample != null) {
      Console.line(sample);
      sample = null;
    }
  }

  @Override
  public void ended() {
    progress.close();
    progress = null;
  }
}
