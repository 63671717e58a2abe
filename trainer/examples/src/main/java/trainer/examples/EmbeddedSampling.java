package trainer.examples;

import java.nio.file.Path;
import trainer.checkpoint.SavedNetwork;
import trainer.job.EvaluationJob;
import trainer.job.EvaluationResult;
import trainer.job.TrainedModel;
import trainer.sampling.Sampling;

/** Writes text with a trained run, and measures it: {@code EmbeddedSampling RUN}. */
public final class EmbeddedSampling {
  private EmbeddedSampling() {}

  /** Prints a text and the validation loss. */
  public static void main(String[] arguments) {
    Path run = Path.of(arguments[0]);
    System.out.println(sample(run));
    EvaluationResult measured = evaluate(run);
    System.out.printf(
        "%.4f nats per character on %s, accuracy %.1f %%%n",
        measured.score().loss(), measured.text(), 100 * measured.accuracy());
  }

  static String sample(Path run) {
    try (TrainedModel model = TrainedModel.open(run)) { // the best checkpoint of the run
      return model.generate("The ", 200, Sampling.of(0.7), 1); // temperature 0.7, seed 1
    }
  }

  static EvaluationResult evaluate(Path run) {
    return new EvaluationJob(SavedNetwork.open(run)).run().orElseThrow();
  }
}
