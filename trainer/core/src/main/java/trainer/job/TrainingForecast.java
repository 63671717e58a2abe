package trainer.job;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import trainer.config.Layer;
import trainer.config.Model;
import trainer.network.CharacterNetwork;
import trainer.text.Corpus;
import trainer.text.NgramBaselines;
import trainer.training.MemoryEstimate;

/**
 * What is known of a new run before it trains.
 *
 * @param corpus the files
 * @param characters of the whole text
 * @param vocabulary distinct characters
 * @param unknown characters of the text outside {@code data.vocabulary}
 * @param trainingCharacters characters of the training split
 * @param unread characters of the training split that no epoch reads
 * @param validationCharacters characters of the validation split
 * @param testCharacters characters of the test split
 * @param baselines n-gram losses on the validation split, nats per character
 * @param parameters of each layer, by its place in {@code model.layers} (from 0) and description,
 *     the softmax last
 * @param memoryBytes of the network and its training, in addition to the JVM
 * @param engine its description
 * @param engineReason why it was chosen
 * @param iterationsPerEpoch updates per pass over the training text
 * @param iterations updates of the whole run
 * @param speed measured on this machine
 * @param seconds estimated for the whole run
 * @param warnings what should be considered, a sentence each
 */
public record TrainingForecast(
    String corpus,
    long characters,
    int vocabulary,
    long unknown,
    long trainingCharacters,
    long unread,
    long validationCharacters,
    long testCharacters,
    NgramBaselines.Nats baselines,
    Map<String, Long> parameters,
    long memoryBytes,
    String engine,
    String engineReason,
    long iterationsPerEpoch,
    long iterations,
    TrainingSpeed speed,
    double seconds,
    List<String> warnings) {

  static TrainingForecast of(TrainingPlan plan, TrainingSpeed speed) {
    TrainingText text = plan.text();
    Corpus corpus = text.corpus();
    CharacterNetwork network = plan.network();
    return new TrainingForecast(
        corpus.files(),
        corpus.length(),
        corpus.vocabulary().size(),
        corpus.unknown().count(),
        text.splits().training().length(),
        text.training().unread(),
        text.splits().validation().length(),
        text.splits().test().length(),
        text.baselines(),
        parameters(network),
        MemoryEstimate.bytes(network, text.training().lanes(), text.training().length()),
        network.engine().description(),
        plan.engine().reason(),
        text.training().segments(),
        plan.iterations(),
        speed,
        plan.secondsLeft(speed.average()),
        plan.warnings());
  }

  private static Map<String, Long> parameters(CharacterNetwork network) {
    Map<String, Long> parameters = new LinkedHashMap<>();
    for (int i = 0; i < network.getnLayers(); i++) {
      parameters.put("%d %s".formatted(i, describe(network, i)), network.getLayer(i).numParams());
    }
    return parameters;
  }

  private static String describe(CharacterNetwork network, int layer) {
    List<Layer> layers = network.model().layers();
    return layer < layers.size()
        ? new Model(List.of(layers.get(layer)), 0, network.model().initializer()).describe()
        : "softmax " + network.vocabularySize();
  }
}
