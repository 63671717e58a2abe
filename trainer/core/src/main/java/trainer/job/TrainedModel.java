package trainer.job;

import java.nio.file.Path;
import java.util.function.Consumer;
import trainer.checkpoint.SavedNetwork;
import trainer.config.Configuration;
import trainer.engine.Inference;
import trainer.network.CharacterNetwork;
import trainer.sampling.Conversation;
import trainer.sampling.Sampling;
import trainer.sampling.TextGenerator;
import trainer.text.Prompt;
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
  private final Inference inference;
  private CharacterNetwork network; // null until asked for

  private TrainedModel(SavedNetwork saved) {
    this.saved = saved;
    this.inference = saved.inference();
  }

  /**
   * Opens the best checkpoint of a run directory, or one checkpoint.
   *
   * @throws trainer.run.RunException if the checkpoint is missing or damaged
   */
  public static TrainedModel open(Path run) {
    return new TrainedModel(SavedNetwork.open(run));
  }

  /** Loads a network from a checkpoint. */
  public static TrainedModel of(SavedNetwork saved) {
    return new TrainedModel(saved);
  }

  /** The configuration of its training. */
  public Configuration configuration() {
    return saved.configuration();
  }

  /** The characters it can read and generate. */
  public Vocabulary vocabulary() {
    return saved.vocabulary();
  }

  /**
   * The network as a Deeplearning4j {@code MultiLayerNetwork}, built by the first call, with
   * weights of its own.
   */
  public CharacterNetwork network() {
    if (network == null) {
      EngineSelection engine = EngineSelection.forReading(saved.configuration().compute());
      network = saved.network(engine.type(), engine::engine);
    }
    return network;
  }

  /**
   * Generates text.
   *
   * @param prompt text to continue, with the newlines and normalization of the corpus applied; null
   *     or empty: a newline
   * @param length characters to generate
   * @param seed the same seed generates the same text
   * @throws trainer.text.TextException if the prompt has a character outside the vocabulary
   */
  public String generate(String prompt, int length, Sampling sampling, long seed) {
    StringBuilder text = new StringBuilder();
    generate(prompt, length, sampling, seed, new StopSignal(), text::append);
    return text.toString();
  }

  /**
   * Generates text and streams it.
   *
   * @param stop ends the text early
   * @param out receives each character as it is drawn
   */
  public void generate(
      String prompt,
      int length,
      Sampling sampling,
      long seed,
      StopSignal stop,
      Consumer<String> out) {
    new TextGenerator(inference, saved.vocabulary())
        .generate(
            Prompt.of(prompt, saved.configuration().data()), length, sampling, seed, stop, out);
  }

  /**
   * Starts a text that a caller and the network write in turn; see {@link
   * trainer.text.Prompt#of(String, trainer.config.Data)} for a person's part.
   */
  public Conversation conversation() {
    return new Conversation(inference, saved.vocabulary());
  }

  @Override
  public void close() {
    inference.close();
    if (network != null) {
      network.close();
    }
  }
}
