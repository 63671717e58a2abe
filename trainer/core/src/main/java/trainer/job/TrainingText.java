package trainer.job;

import trainer.config.Configuration;
import trainer.config.Training;
import trainer.text.Corpus;
import trainer.text.EvaluationLanes;
import trainer.text.Lanes;
import trainer.text.NgramBaselines;
import trainer.text.Splits;

/**
 * The text of a run, split and batched as configured.
 *
 * @param training lanes to train on
 * @param validation lanes to evaluate on
 * @param baselines n-gram losses on the validation split
 */
public record TrainingText(
    Corpus corpus,
    Splits splits,
    Lanes training,
    EvaluationLanes validation,
    NgramBaselines.Nats baselines) {

  /** Splits and batches a text as a run does. */
  public static TrainingText of(Corpus read, Configuration configuration) {
    Corpus corpus = read.ordered(configuration.data(), configuration.seed());
    Splits splits = corpus.splits(configuration.data());
    Training training = configuration.training();
    int lanes = training.batchSize();
    int length = training.sequenceLength();
    return new TrainingText(
        corpus,
        splits,
        Lanes.training(corpus.text(), splits.training(), lanes, length, training.remainder()),
        new EvaluationLanes(corpus.text(), splits.validation()),
        NgramBaselines.count(corpus.text(), splits.training())
            .crossEntropy(corpus.text(), splits.validation()));
  }
}
