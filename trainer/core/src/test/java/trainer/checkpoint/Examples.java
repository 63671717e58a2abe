package trainer.checkpoint;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import trainer.engine.CarriedState;
import trainer.engine.CarriedState.LayerState;
import trainer.run.MetricsRow;
import trainer.text.Vocabulary;
import trainer.training.Progress;
import trainer.training.Validation;

/** Small checkpoints for the tests of this package. */
final class Examples {
  static final String VOCABULARY = Vocabulary.of("\n é𝄞").toJson();

  /** Of the network in the checkpoints. */
  static final String CONFIGURATION =
      """
      name: example
      seed: 1
      data: {corpus: text.txt}
      model: {layers: [{type: lstm, size: 3}, {type: gru, size: 2}]}
      training: {batch_size: 2}
      """;

  static final int PARAMETERS = 4 * 3 * (4 + 3 + 1) + 3 * 2 * (3 + 2 + 1) + 2 + 4 * (2 + 1);

  private Examples() {}

  static Progress progress(int iteration, double bestLoss, int bestIteration) {
    return new Progress(
        iteration,
        iteration,
        1,
        7,
        iteration * 4096L,
        12.75,
        3,
        4.5,
        0.25,
        0.002,
        1.5,
        new Validation(bestLoss, bestIteration, 2, 1.4),
        0.5,
        0);
  }

  static CarriedState carried() {
    return new CarriedState(
        List.of(
            new LayerState(2, 3, numbers(6, 1), numbers(6, 2)),
            new LayerState(2, 2, numbers(4, 3), null)));
  }

  /** Metrics with a validation loss at every given iteration. */
  static String metrics(double[] validationLosses, int every) {
    StringBuilder text = new StringBuilder(MetricsRow.HEADER).append('\n');
    for (int i = 0; i < validationLosses.length; i++) {
      int iteration = (i + 1) * every;
      text.append(
              new MetricsRow(
                      iteration, 0, iteration * 64L, i, 2.0, validationLosses[i], 0.002, 1.0, 100.0)
                  .line())
          .append('\n');
    }
    return text.toString();
  }

  static Checkpoint checkpoint(int iteration) {
    return checkpoint(progress(iteration, 1.4, Math.min(iteration, 100)), MetricsRow.HEADER + "\n");
  }

  static Checkpoint checkpoint(Progress progress, String metrics) {
    return new Checkpoint(
        CONFIGURATION,
        VOCABULARY,
        "{\"confs\": []}",
        Numbers.of(floats(PARAMETERS, progress.iteration())),
        Numbers.of(floats(2 * PARAMETERS, progress.iteration() + 1)),
        progress,
        carried(),
        metrics,
        "{\"seed\": 1}\n");
  }

  static Checkpoint wide(int iteration) {
    Checkpoint single = checkpoint(iteration);
    return new Checkpoint(
        single.configuration(),
        single.vocabulary(),
        single.networkConfiguration(),
        thirds(single.parameters()),
        thirds(single.updaterState()),
        single.progress(),
        single.carried(),
        single.metrics(),
        single.provenance());
  }

  private static Numbers thirds(Numbers numbers) {
    return Numbers.of(Arrays.stream(numbers.doubles()).map(number -> number / 3).toArray());
  }

  static float[] floats(int count, long seed) {
    Random random = new Random(seed);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  private static double[] numbers(int count, long seed) {
    return new Random(seed).doubles(count, -1, 1).toArray();
  }
}
