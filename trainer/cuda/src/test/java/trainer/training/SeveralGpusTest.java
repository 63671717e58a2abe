package trainer.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import trainer.Configurations;
import trainer.Networks;
import trainer.checkpoint.Checkpoint;
import trainer.cluster.ClusterException;
import trainer.config.Checkpoints;
import trainer.config.Compute;
import trainer.config.Compute.EngineType;
import trainer.config.Compute.Precision;
import trainer.config.Compute.Recurrence;
import trainer.config.Configuration;
import trainer.config.ConfigurationException;
import trainer.config.GradientClipping;
import trainer.config.Initializer;
import trainer.config.Layer;
import trainer.config.Layer.CellType;
import trainer.config.Model;
import trainer.config.Optimizer;
import trainer.config.binding.Selection;
import trainer.cuda.CudaException;
import trainer.engine.CarriedState.LayerState;
import trainer.engine.Engine;
import trainer.engine.RandomText;
import trainer.engine.cuda.EmulatedCuda;
import trainer.job.TrainingJob;
import trainer.network.CharacterNetwork;
import trainer.text.Segment;

/** Training on emulated GPUs: lane groups decide the bytes, the number of GPUs does not. */
@Tag("slow")
@Timeout(120)
class SeveralGpusTest {
  private static final int VOCABULARY = 17;
  private static final int LANES = 8;
  private static final int GROUPS = 4;
  private static final Selection FOUR = Selection.first(4);
  private static final List<Segment> TEXT = RandomText.segments(VOCABULARY, LANES, 3, 9, 9, 9, 11);
  private static final Configuration MIXED =
      configuration(List.of(Networks.mixed()), Networks.ADAM, new GradientClipping.Value(0.002));

  private EmulatedCuda.Controls cuda;

  @TempDir private Path folder;

  @BeforeEach
  void useFourEmulatedGpus() {
    cuda = EmulatedCuda.onThisMachine();
    cuda.emulation_set("devices", 4);
  }

  @AfterEach
  void forgetThem() {
    System.clearProperty("trainer.cuda.peers");
    cuda.emulation_reset();
    EmulatedCuda.leaveThisMachine();
  }

  private static Configuration configuration(
      List<Layer> layers, Optimizer optimizer, GradientClipping clipping) {
    return Configurations.of(layers, LANES, 11, optimizer, clipping);
  }

  /** Every cell, with dropout; one layer, without. */
  static Stream<Configuration> configurations() {
    GradientClipping norm = new GradientClipping.Norm(0.05);
    return Stream.of(
        MIXED,
        configuration(List.of(Networks.mixed()), new Optimizer.Sgd(0.1, 0.9), norm),
        configuration(
            List.of(new Layer(CellType.GRAVES_LSTM, 5, 0)),
            Networks.ADAM,
            new GradientClipping.None()));
  }

  private static Compute compute(Selection gpus, Precision precision) {
    return new Compute(EngineType.CUDA, 1, GROUPS, precision, 1, gpus, Recurrence.STEPS);
  }

  private static Compute compute(Selection gpus) {
    return compute(gpus, Precision.FLOAT32);
  }

  private static CharacterNetwork network(Configuration configuration, Compute compute) {
    EngineSelection selection = EngineSelection.of(compute);
    return new CharacterNetwork(configuration, VOCABULARY, selection.type(), selection::engine);
  }

  private static List<Engine.Step> train(CharacterNetwork network, List<Segment> text) {
    return text.stream().map(segment -> network.step(segment, 0.05)).toList();
  }

  /** Losses, norms, parameters, averages, carried state, and the score of a forward pass. */
  private static double[] results(CharacterNetwork network, List<Engine.Step> steps) {
    List<double[]> results = new ArrayList<>();
    steps.forEach(step -> results.add(new double[] {step.loss(), step.gradientNorm()}));
    results.add(network.params().dup().data().asDouble());
    results.add(network.updaterState().dup().data().asDouble());
    for (LayerState layer : network.engine().carriedState().layers()) {
      results.add(layer.hidden());
      results.add(layer.cell() == null ? new double[0] : layer.cell());
    }
    try (Engine.Session session = network.session(LANES)) {
      results.add(new double[] {session.score(TEXT.get(0)).nats()});
    }
    return results.stream().flatMapToDouble(DoubleStream::of).toArray();
  }

  private static double[] trained(Configuration configuration, Compute compute) {
    try (CharacterNetwork network = network(configuration, compute)) {
      return results(network, train(network, TEXT));
    }
  }

  private long launches(int gpu) {
    return cuda.emulation_get("calls:cuLaunchKernel@" + gpu);
  }

  /** Kernels that added the gradients of several GPUs. */
  private long sumsOnGpus() {
    return cuda.emulation_get("runs:sum_gradients");
  }

  @ParameterizedTest
  @MethodSource("configurations")
  void oneTwoAndFourGpusGiveTheSameBytes(Configuration configuration) {
    double[] one = trained(configuration, compute(Selection.ONE));
    assertThat(launches(1)).isZero();
    for (Selection gpus : List.of(Selection.first(2), Selection.of(List.of(3, 1)), FOUR)) {
      double[] found = trained(configuration, compute(gpus));
      assertThat(found).as("gpus: %s", gpus).containsExactly(one);
    }
    assertThat(launches(3)).isPositive();
    assertThat(sumsOnGpus()).isPositive();
    Compute processor = new Compute(EngineType.CPU, 1, GROUPS, Precision.FLOAT32);
    double[] exact = trained(configuration, processor);
    for (int i = 0; i < 2 * TEXT.size(); i++) {
      assertThat(one[i]).as("loss or norm %d", i).isCloseTo(exact[i], within(2e-4 * exact[i]));
    }
  }

  /** Refused for all, for one pair in one direction, by a GPU that has too many, or here. */
  @ParameterizedTest
  @CsvSource({"peers, 0", "peer:2-0, 0", "fail:cuCtxEnablePeerAccess@3, 711", "off, 0"})
  void theHostAddsWhereAGpuCannotUseTheMemoryOfAnother(String setting, int value) {
    double[] one = trained(MIXED, compute(Selection.ONE));
    if (setting.equals("off")) {
      System.setProperty("trainer.cuda.peers", setting);
    } else {
      cuda.emulation_set(setting, value);
    }
    assertThat(trained(MIXED, compute(FOUR))).containsExactly(one);
    assertThat(sumsOnGpus()).isZero();
  }

  /** Each GPU begins its work when it is asked for the result. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void gpusThatAreLateGiveTheSameBytes(int peers) {
    double[] one = trained(MIXED, compute(Selection.ONE));
    cuda.emulation_set("late", 1);
    cuda.emulation_set("peers", peers);
    assertThat(trained(MIXED, compute(FOUR))).containsExactly(one);
    assertThat(sumsOnGpus()).isEqualTo(peers == 1 ? 4L * TEXT.size() : 0);
  }

  /** The first sum of each step's buffers is made both ways, and differs. */
  @Test
  void memoryOfAnotherGpuThatIsReadWronglyIsNotUsed() {
    double[] one = trained(MIXED, compute(Selection.ONE));
    cuda.emulation_set("wrong peers", 1);
    assertThat(trained(MIXED, compute(Selection.first(2)))).containsExactly(one);
    assertThat(sumsOnGpus()).isEqualTo(2 * 2);
  }

  @Test
  void nothingIsLeftAfterGpusHaveUsedEachOthersMemory() {
    for (int run = 0; run < 2; run++) { // the second must be allowed to again
      trained(MIXED, compute(FOUR));
    }
    assertThat(sumsOnGpus()).isEqualTo(2 * 4L * TEXT.size());
    for (String kind : List.of("contexts", "streams", "events", "graphs", "host allocations")) {
      assertThat(cuda.emulation_get(kind)).as(kind).isZero();
    }
    assertThat(cuda.emulation_reset()).as("open allocations").isZero();
  }

  @Test
  void aGpuThatFaultsWhileItAddsEndsTheOthers() {
    try (CharacterNetwork network = network(MIXED, compute(FOUR))) {
      train(network, TEXT);
      cuda.emulation_set("fail:sum_gradients@2", 700);
      assertThatThrownBy(() -> network.step(TEXT.get(0), 0.01))
          .isInstanceOf(CudaException.class)
          .hasMessageContainingAll("error 700", "restart the program to use GPU 2 again");
    } catch (ClusterException closing) {
      // closing reads the parameters
    }
    assertThat(cuda.emulation_get("allocated")).as("memory of GPU 0").isZero();
  }

  @Test
  void aSettingOfPeersThatIsUnknownIsRefused() {
    System.setProperty("trainer.cuda.peers", "no");
    try (CharacterNetwork network = network(MIXED, compute(Selection.first(2)))) {
      assertThatThrownBy(() -> network.step(TEXT.get(0), 0.01))
          .isInstanceOf(ConfigurationException.class)
          .hasMessageContaining("TRAINER_CUDA_PEERS");
    } catch (ClusterException closing) {
      // closing reads the parameters
    }
  }

  /** Three lanes in two groups. */
  @Test
  void laneGroupsOfOneGpuMayDiffer() {
    List<Segment> text = RandomText.segments(VOCABULARY, 3, 4, 9, 9, 9);
    Configuration configuration =
        Configurations.of(
            List.of(Networks.mixed()), 3, 9, Networks.ADAM, new GradientClipping.None());
    List<List<Engine.Step>> steps = new ArrayList<>();
    for (EngineType engine : List.of(EngineType.CUDA, EngineType.CPU)) {
      Compute compute = new Compute(engine, 1, 2, Precision.FLOAT32);
      try (CharacterNetwork network = network(configuration, compute)) {
        steps.add(train(network, text));
      }
    }
    for (int i = 0; i < text.size(); i++) {
      Engine.Step found = steps.get(0).get(i);
      Engine.Step exact = steps.get(1).get(i);
      assertThat(found.loss()).isCloseTo(exact.loss(), within(1e-5 * exact.loss()));
      assertThat(found.gradientNorm())
          .isCloseTo(exact.gradientNorm(), within(1e-3 * exact.gradientNorm()));
    }
  }

  @Test
  void inAnotherPrecisionToo() {
    double[] one = trained(MIXED, compute(Selection.ONE, Precision.BFLOAT16));
    assertThat(trained(MIXED, compute(FOUR, Precision.BFLOAT16))).containsExactly(one);
    assertThat(one).isNotEqualTo(trained(MIXED, compute(Selection.ONE)));
  }

  /** All steps in one kernel, of two blocks. */
  @Test
  void persistentKernelsToo() {
    Configuration configuration =
        configuration(
            List.of(new Layer(CellType.GRAVES_LSTM, 17, 0.25)),
            Networks.ADAM,
            new GradientClipping.None());
    Compute one = compute(Selection.ONE, Precision.BFLOAT16).with(Recurrence.PERSISTENT);
    double[] expected = trained(configuration, one);
    assertThat(trained(configuration, one.with(FOUR))).containsExactly(expected);
    assertThat(cuda.emulation_get("calls:cuLaunchCooperativeKernel@3")).isPositive();
    assertThat(trained(configuration, one.with(Recurrence.STEPS))).isNotEqualTo(expected);
  }

  private TrainingJob job(String directory, Selection gpus, int laneGroups) throws IOException {
    return job(directory, auto(gpus, laneGroups));
  }

  private TrainingJob job(String directory, Compute compute) throws IOException {
    Path text = folder.resolve("text.txt");
    Files.writeString(text, "from fairest creatures we desire increase\n".repeat(40));
    Configuration defaults = Configuration.of("small", text);
    return new TrainingJob(
        defaults
            .with(
                new Model(List.of(new Layer(CellType.LSTM, 6, 0.3)), 1.0, new Initializer.Xavier()))
            .with(defaults.training().withBatches(4, 10).withIterations(10))
            .with(new Checkpoints(3, null, 3, 1, null))
            .with(compute),
        folder.resolve(directory));
  }

  private static TrainingListener at(int iteration, Runnable action) {
    return state -> {
      if (state.iteration() == iteration) {
        action.run();
      }
    };
  }

  private void assertSame(String directory, String expected) {
    Checkpoint found = Checkpoint.read(folder.resolve(directory + "/model.zip"));
    Checkpoint one = Checkpoint.read(folder.resolve(expected + "/model.zip"));
    assertThat(found.parameters().floats()).isEqualTo(one.parameters().floats());
    assertThat(found.updaterState().floats()).isEqualTo(one.updaterState().floats());
  }

  @Test
  void theNumberOfGpusMayChangeAtACheckpoint() throws IOException {
    List<Selection> gpus = List.of(Selection.ALL, Selection.ONE, Selection.of(List.of(2, 0)));
    for (int part = 0; part < gpus.size(); part++) {
      StopSignal stop = new StopSignal();
      job("changing", gpus.get(part), 0)
          .stop(stop)
          .listener(at(4 * (part + 1), () -> stop.request("enough")))
          .run();
    }
    job("one", Selection.ONE, 4).run();
    assertSame("changing", "one");
    assertThat(folder.resolve("changing/events.jsonl"))
        .content()
        .contains("4 GPUs, cuda (Emulated GPU 0, ", ", 4 lane groups)", "2 GPUs, cuda (");
  }

  @Test
  void aRunWhoseGpuFaultsResumesInAnotherProcessWithTheSameBytes() throws IOException {
    TrainingJob faulty =
        job("faulty", Selection.first(2), 0)
            .listener(at(5, () -> cuda.emulation_set("fault@1", 719)));
    assertThatThrownBy(faulty::run)
        .isInstanceOf(CudaException.class)
        .hasMessageContaining("restart the program to use GPU 1 again");
    assertThat(cuda.emulation_get("allocated")).as("memory of GPU 0").isZero();
    EmulatedCuda.fresh().emulation_set("devices", 4);
    job("faulty", Selection.first(2), 0).run();
    job("one", Selection.ONE, 2).run();
    assertSame("faulty", "one");
  }

  /** Slow products and clusters make persistent kernels the fastest; later they are not. */
  @Test
  void aRunKeepsTheRecurrenceThatItBeganWith() throws IOException {
    cuda.emulation_set("micros of a product", 5000);
    cuda.emulation_set("micros of clusters", 100_000);
    StopSignal stop = new StopSignal();
    Compute open = auto(Selection.ONE, 0).with(Recurrence.AUTO);
    job("open", open).stop(stop).listener(at(2, () -> stop.request("enough"))).run();
    cuda.emulation_set("micros of a product", 0);
    cuda.emulation_set("micros of clusters", 0);
    job("open", open).run();
    assertThat(Checkpoint.read(folder.resolve("open/model.zip")).configuration())
        .contains("recurrence: persistent");
    job("persistent", open.with(Recurrence.PERSISTENT)).run();
    assertSame("open", "persistent");
  }

  private static Compute auto(Selection gpus, int laneGroups) {
    return new Compute(
        EngineType.AUTO, 1, laneGroups, Precision.FLOAT32, 1, gpus, Recurrence.STEPS);
  }

  @Test
  void aGpuThatFaultsEndsTrainingWithTheMessageOfOneGpu() {
    try (CharacterNetwork network = network(MIXED, compute(FOUR))) {
      train(network, TEXT);
      cuda.emulation_set("fault@2", 719);
      assertThatThrownBy(() -> network.step(TEXT.get(0), 0.01))
          .isInstanceOfSatisfying(CudaException.class, e -> assertThat(e.isTransient()).isTrue())
          .hasMessageContainingAll(
              "error 719, CUDA_ERROR_LAUNCH_FAILED", "restart the program to use GPU 2 again");
      assertThatThrownBy(() -> network.step(TEXT.get(0), 0.01)).hasMessageContaining("GPU 2");
    } catch (ClusterException closing) {
      // closing reads the parameters
    }
  }

  @Test
  void aGpuThatIsOutOfMemoryIsNamed() {
    try (CharacterNetwork network = network(MIXED, compute(Selection.first(2)))) {
      cuda.emulation_set("fail:cuMemAlloc_v2@1", 2);
      assertThatThrownBy(() -> network.step(TEXT.get(0), 0.01))
          .isInstanceOf(CudaException.class)
          .hasMessageContaining("out of memory on GPU 1 (Emulated GPU 0)");
    } catch (ClusterException closing) {
      // closing reads the parameters
    }
  }

  @ParameterizedTest
  @CsvSource({"5", "'[0, 4]'"})
  void gpusThatDoNotExistAreRefused(String gpus) {
    Selection selection = gpus.equals("5") ? Selection.first(5) : Selection.of(List.of(0, 4));
    Compute compute = new Compute(EngineType.AUTO, 1, 0, Precision.FLOAT32, 1, selection);
    assertThatThrownBy(() -> EngineSelection.of(compute))
        .isInstanceOfSatisfying(
            ConfigurationException.class, e -> assertThat(e.isTransient()).isFalse())
        .hasMessage(
            "compute.gpus: %s, but this machine has 4 GPUs, numbered from 0; use those that there"
                + " are, such as --set compute.gpus=4",
            gpus);
  }

  @Test
  void gpusOfDifferentModelsAreRefused() {
    cuda.emulation_set("model@1", 7);
    assertThatThrownBy(() -> network(MIXED, compute(Selection.first(2))))
        .isInstanceOf(ClusterException.class)
        .hasMessageContainingAll(
            "compute.gpus: the GPUs compute differently", "Emulated GPU 7", "compute.gpus=[0]");
  }

  @Test
  void allAreAsManyAsThereAre() {
    Compute all = EngineSelection.of(auto(Selection.ALL, 0)).compute();
    assertThat(all.gpus()).isEqualTo(FOUR);
    assertThat(all.laneGroups()).isEqualTo(4);
    cuda.emulation_set("devices", 3);
    assertThatThrownBy(() -> EngineSelection.of(compute(Selection.ALL)))
        .isInstanceOf(ClusterException.class)
        .hasMessage(
            "compute.gpus: all are 3 on this machine, which cannot share training.batch_size or"
                + " compute.lane_groups equally; use fewer, such as --set compute.gpus=1");
  }

  @Test
  void withoutGpusAllMeansTheProcessorAndANumberIsRefused() {
    cuda.emulation_set("devices", 0);
    assertThat(EngineSelection.of(auto(Selection.ALL, 0)).compute())
        .isEqualTo(auto(Selection.ONE, 0));
    assertThatThrownBy(() -> EngineSelection.of(auto(Selection.first(2), 0)))
        .isInstanceOf(TrainingException.class)
        .hasMessage(
            "compute.engine: cuda cannot run here: the NVIDIA driver sees no GPU;"
                + " CUDA_VISIBLE_DEVICES may hide it; or leave out compute.gpus, and use the engine"
                + " auto, cpu or nd4j");
  }

  @Test
  void theEngineNamesTheModelAndHasThePeakOfAll() {
    try (CharacterNetwork network = network(MIXED, compute(Selection.first(2)))) {
      assertThat(network.engine().gpu()).contains("Emulated GPU 0");
      assertThat(network.engine().productPeak(64)).isPresent();
      assertThat(network.engine().description())
          .isEqualTo(
              "2 GPUs, cuda (Emulated GPU 0, compute capability 9.0, CUDA 13.0, float32, 4 lane"
                  + " groups)");
    }
  }

  @Test
  void oneGpuMayBeAnyOfThem() {
    trained(MIXED, compute(Selection.of(List.of(2))));
    assertThat(launches(2)).isPositive();
    assertThat(launches(0)).isZero();
  }
}
