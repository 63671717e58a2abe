package trainer.network;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.IntToDoubleFunction;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Updater;
import org.deeplearning4j.nn.gradient.DefaultGradient;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspaceManager;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.schedule.ISchedule;
import trainer.cell.LayerParameters;
import trainer.config.Compute.Precision;
import trainer.config.Configuration;
import trainer.config.Model;
import trainer.config.Training;
import trainer.engine.Engine;
import trainer.engine.Inference;
import trainer.text.Segment;

/**
 * A stack of recurrent layers with a softmax over the vocabulary, trained by truncated
 * backpropagation through time. It differs from a Deeplearning4j network in three ways:
 *
 * <ul>
 *   <li>Hidden state carries over from segment to segment and batch to batch, and is reset at the
 *       start of an epoch. Output, evaluation, scoring, {@link #rnnTimeStep} and {@link
 *       #rnnClearPreviousState}, which resets the state of {@code rnnTimeStep}, do not change it.
 *   <li>The gradient of a segment is the gradient of its loss given the carried state.
 *   <li>Loss and gradient are means per character, in nats.
 * </ul>
 *
 * <p>An {@link Engine} computes the training steps and may hold the parameters in its own layout.
 * So every inherited method that reads or writes parameters, gradient or updater state must be
 * correct here. Most are, because they call one of those overridden below:
 *
 * <ul>
 *   <li>{@code params}, {@code getParam}, {@code paramTable}, {@code getUpdater}, {@code
 *       updaterState} copy from the engine before they read; {@code setInput} does so for {@code
 *       output}, {@code feedForward}, {@code score}, {@code evaluate} and {@code rnnTimeStep};
 *   <li>{@code setParams}, {@code setParam}, {@code setParamTable}, {@code setUpdater} copy to the
 *       engine after they write;
 *   <li>{@code fit} and {@code computeGradientAndScore} run on the engine;
 *   <li>{@code getLearningRate} and {@code setLearningRate} use one rate for all layers. It is for
 *       Deeplearning4j programs; the training loop passes its own rate to {@link #step}.
 * </ul>
 *
 * <p>{@code SharedParametersTest} checks the reading and writing methods. Arrays that a caller has
 * obtained are not updated by later steps.
 */
@SuppressWarnings(
    "overrides") // Deeplearning4j declares doEvaluation once with varargs, once without
public final class CharacterNetwork extends MultiLayerNetwork implements Inference {
  private static final long serialVersionUID = 1;

  private final transient Configuration configuration;
  private final int vocabularySize;
  private transient Engine engine;
  private transient IntToDoubleFunction learningRate;

  /**
   * A network with random initial weights.
   *
   * @param engine creates the engine
   */
  public CharacterNetwork(
      Configuration configuration,
      int vocabularySize,
      DataType type,
      Function<CharacterNetwork, Engine> engine) {
    super(
        NetworkConfiguration.of(
            configuration.model(),
            configuration.training(),
            configuration.seed(),
            vocabularySize,
            type));
    this.configuration = configuration;
    this.vocabularySize = vocabularySize;
    double constant = configuration.training().optimizer().learningRate();
    this.learningRate = iteration -> constant;
    init();
    initGradientsView();
    InitialWeights.draw(this, configuration.model(), configuration.seed());
    if (getUpdater().getStateViewArray() != null) {
      getUpdater().getStateViewArray().assign(0);
    }
    this.engine = engine.apply(this);
  }

  /** What the network was made from. */
  public Configuration configuration() {
    return configuration;
  }

  /** The recurrent layers. */
  public Model model() {
    return configuration.model();
  }

  /** The training configuration. */
  public Training training() {
    return configuration.training();
  }

  /** The seed of weights and dropout. */
  public long seed() {
    return configuration.seed();
  }

  /** Number of characters in the vocabulary. */
  public int vocabularySize() {
    return vocabularySize;
  }

  /** Computes the training steps. */
  public Engine engine() {
    return engine;
  }

  /** Sets the learning rate as a function of the number of updates so far. */
  public void setLearningRate(IntToDoubleFunction rate) {
    this.learningRate = rate;
  }

  /** Sets a constant learning rate. */
  @Override
  public void setLearningRate(double rate) {
    setLearningRate(iteration -> rate);
  }

  /** Sets the learning rate as a function of the numbers of updates and epochs so far. */
  @Override
  public void setLearningRate(ISchedule schedule) {
    setLearningRate(iteration -> schedule.valueAt(iteration, getEpochCount()));
  }

  /**
   * Not supported.
   *
   * @throws UnsupportedOperationException always
   */
  @Override
  public void setLearningRate(int layer, double rate) {
    throw oneLearningRate();
  }

  /**
   * Not supported.
   *
   * @throws UnsupportedOperationException always
   */
  @Override
  public void setLearningRate(int layer, ISchedule schedule) {
    throw oneLearningRate();
  }

  private static UnsupportedOperationException oneLearningRate() {
    return new UnsupportedOperationException(
        "all layers have the same learning rate; set it without naming a layer");
  }

  /** The rate of the next update, the same for all layers. */
  @Override
  public Double getLearningRate(int layer) {
    return learningRate();
  }

  /** The rate of the next update. */
  public double learningRate() {
    return learningRate.applyAsDouble(getIterationCount());
  }

  /**
   * One training step: forward, backward, clipping, update. Calls no listeners.
   *
   * @param rate the learning rate of this update
   */
  public Engine.Step step(Segment segment, double rate) {
    int iteration = getIterationCount();
    Engine.Step step = engine.train(segment, rate, iteration);
    setScore(step.loss());
    getLayerWiseConfigurations().setIterationCount(iteration + 1);
    return step;
  }

  /** One training step at the network's own learning rate, then Deeplearning4j's listeners. */
  public Engine.Step fit(Segment segment) {
    Engine.Step step = step(segment, learningRate());
    for (TrainingListener listener : getListeners()) {
      listener.iterationDone(this, getIterationCount(), getEpochCount());
    }
    return step;
  }

  @Override
  public Engine.Session session(int lanes) {
    return engine.session(lanes);
  }

  @Override
  public Precision precision() {
    return engine.precision();
  }

  /** A description, such as {@code graves_lstm 256 + graves_lstm 256, softmax 62}. */
  public String describe() {
    return model().describe() + ", softmax " + vocabularySize;
  }

  /**
   * One epoch, from zero state. The data sets are one-hot characters [lanes, vocabulary, steps] in
   * reading order.
   */
  @Override
  public void fit(DataSetIterator iterator) {
    if (!iterator.hasNext() && iterator.resetSupported()) {
      iterator.reset();
    }
    engine.clearState();
    getListeners().forEach(listener -> listener.onEpochStart(this));
    while (iterator.hasNext()) {
      fit(iterator.next());
    }
    getListeners().forEach(listener -> listener.onEpochEnd(this));
    incrementEpochCount();
  }

  /**
   * Iterations over one-hot characters [lanes, vocabulary, steps], one for every {@code
   * sequence_length} steps, from the carried state.
   */
  @Override
  public synchronized void fit(
      INDArray features, INDArray labels, INDArray featuresMask, INDArray labelsMask) {
    if (featuresMask != null || labelsMask != null) {
      throw new IllegalArgumentException(
          "masks are not supported: every character of a segment counts");
    }
    OneHot.segments(features, labels, training().sequenceLength()).forEach(this::fit);
  }

  /**
   * Loss and gradient of the input and labels that were set, from the carried state, which
   * advances.
   */
  @Override
  public void computeGradientAndScore() {
    Segment segment = OneHot.segments(getInput(), getLabels(), Integer.MAX_VALUE).get(0);
    setScore(engine.gradient(segment, getIterationCount()).loss());
    gradient = new DefaultGradient(getFlattenedGradients());
    for (int i = 0; i < layers.length; i++) {
      String prefix = i + "_";
      gradientTable(i)
          .forEach((key, view) -> gradient.gradientForVariable().put(prefix + key, view));
    }
  }

  /** The arrays of a recurrent layer, not copied. */
  public LayerParameters layerParameters(int layer) {
    synchronize();
    return LayerParameters.of(layers[layer].paramTable());
  }

  /** Views of a recurrent layer's part of the gradient. */
  public LayerParameters layerGradients(int layer) {
    return LayerParameters.of(gradientTable(layer));
  }

  /** The arrays of the output layer, not copied. */
  public LayerParameters.Output outputParameters() {
    synchronize();
    return LayerParameters.Output.of(layers[layers.length - 1].paramTable());
  }

  /** Views of the output layer's part of the gradient. */
  public LayerParameters.Output outputGradients() {
    return LayerParameters.Output.of(gradientTable(layers.length - 1));
  }

  private Map<String, INDArray> gradientTable(int layer) {
    return new LinkedHashMap<>(
        layers[layer]
            .conf()
            .getLayer()
            .initializer()
            .getGradientsFromFlattened(
                layers[layer].conf(), layers[layer].getGradientsViewArray()));
  }

  @Override
  public INDArray params() {
    synchronize();
    return super.params();
  }

  @Override
  public INDArray getParam(String key) {
    synchronize();
    return super.getParam(key);
  }

  @Override
  public Map<String, INDArray> paramTable(boolean backpropParamsOnly) {
    synchronize();
    return super.paramTable(backpropParamsOnly);
  }

  @Override
  public void setParams(INDArray parameters) {
    super.setParams(parameters);
    reload();
  }

  @Override
  public void setParam(String key, INDArray value) {
    synchronize();
    super.setParam(key, value);
    reload();
  }

  @Override
  public void setParamTable(Map<String, INDArray> parameters) {
    super.setParamTable(parameters);
    reload();
  }

  @Override
  public Updater getUpdater(boolean initialize) {
    synchronize();
    return super.getUpdater(initialize);
  }

  /** Copies the state of another updater with the same configuration. */
  @Override
  public void setUpdater(Updater updater) {
    if (updater.getStateViewArray() != null) {
      setUpdaterState(updater.getStateViewArray());
    }
  }

  /** Called at the start of every forward pass of Deeplearning4j. */
  @Override
  public void setInput(INDArray input) {
    synchronize();
    super.setInput(input);
  }

  /** Mean loss of a data set from zero state, nats per character. */
  @Override
  public double score(DataSet data, boolean inTraining) {
    return super.score(data, inTraining) / data.getLabels().size(2);
  }

  /** The updater's state; null if it has none. */
  @Override
  public INDArray updaterState() {
    return getUpdater().getStateViewArray();
  }

  /** Sets the updater's state; the length must match. */
  public void setUpdaterState(INDArray state) {
    synchronize();
    super.getUpdater(true).getStateViewArray().assign(state);
    reload();
  }

  private void synchronize() {
    if (engine != null) {
      engine.synchronize();
    }
  }

  private void reload() {
    if (engine != null) {
      engine.reload();
    }
  }

  /** As in the superclass, which collects all garbage of Java twice, 0.1 s and more each time. */
  @Override
  public void close() {
    engine.close();
    Updater updater = super.getUpdater(false);
    INDArray state = updater == null ? null : updater.getStateViewArray();
    Stream.of(flattenedParams, flattenedGradients, state)
        .filter(array -> array != null && array.closeable())
        .forEach(INDArray::close);
    MemoryWorkspaceManager workspaces = Nd4j.getWorkspaceManager();
    List.copyOf(workspaces.getAllWorkspacesForCurrentThread())
        .forEach(workspaces::destroyWorkspace);
  }
}
