package trainer.cli;

import trainer.cli.console.ByteBar;
import trainer.cli.console.Console;
import trainer.job.JobReporter;
import trainer.job.TrainingPlan;
import trainer.training.TrainingState;

/** Shows a job on the console. */
final class ConsoleReporter implements JobReporter {
  private ByteBar bytes; // null while no file is being read
  private TrainingProgress progress; // null except during training
  private boolean summarized;

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
    progress =
        new TrainingProgress(
            plan.state(), plan.configuration().training().epochs(), plan.iterations());
  }

  @Override
  public void updated(TrainingState state) {
    progress.updated(state);
  }

  @Override
  public void ended() {
    progress.close();
    progress = null;
  }
}
