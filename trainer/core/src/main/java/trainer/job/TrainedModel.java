package trainer.job;

import java.nio.file.Path;
import java.util.function.Consumer;
import trainer.checkpoint.SavedNetwork;
import trainer.config.Configuration;
import trainer.network.CharacterNetwork;
import trainer.sampling.Sampling;
import trainer.sampling.TextGenerator;
import trainer.text.Vocabulary;
import trainer.training.EngineSelection;
import trainer.training.StopSignal;

/**
 * A trained network, open for reading. Not safe for several threads.
 *
 * <pre>{@code
 * try (TrainedModel model = TrainedModel.open(Path.of("models/shakespeare"))) {
 *   System.out.println(model.generate("ROMEO:", 200, Sampling.of(0.7), 1));
 * }
 * }</pre>
 */
public final class TrainedModel implements AutoCloseable {
  private final SavedNetwork saved;
  private final CharacterNetwork network;

  private TrainedModel(SavedNetwork saved) {
    this.saved = saved;
    EngineSelection engine = EngineSelection.forReading(saved.configuration().compute());
    this.network = saved.network(engine.type(), engine.engine());
  }

  /**
   * Opens a run directory, of which the best checkpoint is meant, or one checkpoint.
   *
   * @throws trainer.run.RunException if there is none, or it is damaged
   */
  public static TrainedModel open(Path run) {
    return new TrainedModel(SavedNetwork.open(run));
  }

  /** Opens a checkpoint that was read. */
  public static TrainedModel of(SavedNetwork saved) {
    return new TrainedModel(saved);
  }

  /** The configuration that it was trained with. */
  public Configuration configuration() {
    return saved.configuration();
  }

  /** The characters that it knows. */
  public Vocabulary vocabulary() {
    return saved.vocabulary();
  }

  /** The network itself, a Deeplearning4j {@code MultiLayerNetwork}. */
  public CharacterNetwork network() {
    return network;
  }

  /**
   * Writes new text.
   *
   * @param prompt what the network reads first; null or empty: a line break
   * @param length characters to write
   * @param seed the same seed writes the same text
   * @throws trainer.text.TextException if the prompt has a character that the network does not know
   */
  public String generate(String prompt, int length, Sampling sampling, long seed) {
    StringBuilder text = new StringBuilder();
    generate(prompt, length, sampling, seed, new StopSignal(), text::append);
    return text.toString();
  }

  /**
   * The same, a character at a time.
   *
   * @param stop ends the text early
   * @param out is given each character as it is drawn
   */
  public void generate(
      String prompt,
      int length,
      Sampling sampling,
      long seed,
      StopSignal stop,
      Consumer<String> out) {
    new TextGenerator(network.engine(), saved.vocabulary())
        .generate(prompt, length, sampling, seed, stop, out);
  }

  @Override
  public void close() {
    network.close();
  }
}
