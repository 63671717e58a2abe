package trainer.engine.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import trainer.config.Compute.Precision;
import trainer.config.Compute.Recurrence;
import trainer.config.GradientClipping;
import trainer.config.Layer;
import trainer.config.Layer.CellType;
import trainer.config.Optimizer;
import trainer.cuda.CudaException;
import trainer.engine.PassSize;
import trainer.engine.RandomText;
import trainer.engine.cuda.PersistentPlan.Direction;
import trainer.text.Segment;

/** Persistent kernels on the emulated GPU. */
@Tag("slow")
class PersistentRecurrenceTest {
  private static final int VOCABULARY = 5;
  private static final List<Layer> STACK =
      List.of(
          new Layer(CellType.GRAVES_LSTM, 33, 0.25),
          new Layer(CellType.GRU, 17, 0),
          new Layer(CellType.SIMPLE_RNN, 3, 0));
  private static final List<Segment> TEXT = RandomText.segments(VOCABULARY, 3, 7, 4, 4, 4, 4);

  private EmulatedCuda.Controls cuda;

  @BeforeEach
  void startAfresh() {
    cuda = EmulatedCuda.fresh();
  }

  @AfterEach
  void leaveNoSettings() {
    cuda.emulation_reset();
  }

  private static CudaNetwork network(GpuMode mode) {
    ParameterLayout layout = new ParameterLayout(VOCABULARY, STACK);
    CudaNetwork network =
        new CudaNetwork(
            EmulatedCuda.device(mode),
            layout,
            new Optimizer.Adam(0.01, 0.9, 0.999, 1e-8),
            new GradientClipping.Norm(5),
            1);
    float[] parameters = EmulatedKernels.random(new Random(2), layout.vectorLength());
    for (int i = 0; i < parameters.length; i++) {
      parameters[i] *= 0.2f;
    }
    network.writeParameters(parameters);
    return network;
  }

  private long launches() {
    return cuda.emulation_get("calls:cuLaunchCooperativeKernel");
  }

  private long launches(Recurrence way) {
    return way == Recurrence.CLUSTERS ? cuda.emulation_get("calls:in clusters") : launches();
  }

  /** With words in global memory and in clusters: of several blocks, or of one. */
  static Stream<Arguments> sizes() {
    return Arrays.stream(CellType.values())
        .flatMap(
            cell ->
                Precision.fixed().stream()
                    .flatMap(
                        precision ->
                            Stream.of(
                                Arguments.of(cell, precision, 1, 1, 3, Recurrence.CLUSTERS),
                                Arguments.of(cell, precision, 20, 3, 5, Recurrence.PERSISTENT),
                                Arguments.of(cell, precision, 33, 33, 3, Recurrence.PERSISTENT),
                                Arguments.of(cell, precision, 33, 33, 3, Recurrence.CLUSTERS),
                                Arguments.of(cell, precision, 3, 17, 17, Recurrence.PERSISTENT))));
  }

  /** States, loss and gradient of three consecutive segments. */
  @ParameterizedTest
  @MethodSource("sizes")
  void matchesTheEquations(
      CellType cell, Precision precision, int units, int lanes, int steps, Recurrence way) {
    GpuMode mode = new GpuMode(precision, way);
    Layer layer = new Layer(cell, units, 0);
    List<Layer> layers = units == 20 ? List.of(layer, layer) : List.of(layer); // rows of 16 bytes
    GpuCorrectness.Result result =
        new GpuCorrectness(EmulatedCuda::device)
            .gradients(new SelfCheck.Case(layers, 5, lanes, steps), mode);
    assertThat(result.right()).as("%s", result).isTrue();
    assertThat(launches(way)).isEqualTo(2L * layers.size() * 2); // called and captured, directions
  }

  /** With few multiprocessors, a block has more of R than fits into registers. */
  @ParameterizedTest
  @CsvSource({
    "LSTM, FLOAT32, 132, PERSISTENT",
    "LSTM, TF32, 9, PERSISTENT",
    "GRAVES_LSTM, TF32, 132, CLUSTERS", // of 9 blocks
    "GRAVES_LSTM, BFLOAT16, 5, CLUSTERS",
    "GRU, BFLOAT16, 132, PERSISTENT",
    "SIMPLE_RNN, FLOAT32, 132, CLUSTERS"
  })
  void largeLayersAreSharedByManyBlocks(
      CellType cell, Precision precision, int multiprocessors, Recurrence way) {
    cuda.emulation_set("multiprocessors", multiprocessors);
    GpuMode mode = new GpuMode(precision, way);
    SelfCheck.Case of = new SelfCheck.Case(List.of(new Layer(cell, 257, 0)), 5, 2, 3);
    GpuCorrectness.Result result = new GpuCorrectness(EmulatedCuda::device).gradients(of, mode);
    assertThat(result.right()).as("%s", result).isTrue();
    assertThat(launches(way)).isEqualTo(2 * 2);
  }

  /** Both launch the same kernel, with different shared memory. */
  @Test
  void aWideLayerBelowANarrowOneHasItsRoom() {
    List<Layer> layers = List.of(new Layer(CellType.LSTM, 257, 0), new Layer(CellType.LSTM, 33, 0));
    GpuCorrectness.Result result =
        new GpuCorrectness(EmulatedCuda::device)
            .gradients(
                new SelfCheck.Case(layers, 5, 2, 3),
                new GpuMode(Precision.FLOAT32, Recurrence.PERSISTENT));
    assertThat(result.right()).as("%s", result).isTrue();
    assertThat(launches()).isEqualTo(2 * 2 * 2);
  }

  /** Two multiprocessors for 65 lanes: a block has several tiles of lanes, and of units. */
  @ParameterizedTest
  @CsvSource({
    "LSTM, FLOAT32, PERSISTENT",
    "GRAVES_LSTM, BFLOAT16, CLUSTERS",
    "GRU, TF32, CLUSTERS",
    "SIMPLE_RNN, BFLOAT16, PERSISTENT"
  })
  void fewBlocksHaveSeveralTilesEach(CellType cell, Precision precision, Recurrence way) {
    cuda.emulation_set("multiprocessors", 2);
    GpuMode mode = new GpuMode(precision, way);
    SelfCheck.Case of = new SelfCheck.Case(List.of(new Layer(cell, 50, 0)), 5, 65, 3);
    GpuCorrectness.Result result = new GpuCorrectness(EmulatedCuda::device).gradients(of, mode);
    assertThat(result.right()).as("%s", result).isTrue();
    assertThat(launches(way)).isEqualTo(2 * 2);
  }

  /** The emulation varies the order of blocks. */
  @ParameterizedTest
  @EnumSource(names = {"PERSISTENT", "CLUSTERS"})
  void whichBlockIsFirstChangesNoBit(Recurrence way) {
    float[] once = trained(way);
    for (int again = 0; again < 2; again++) {
      assertThat(trained(way)).isEqualTo(once);
    }
  }

  private static float[] trained(Recurrence way) {
    try (CudaNetwork network = network(new GpuMode(Precision.FLOAT32, way))) {
      for (int i = 0; i < TEXT.size(); i++) {
        network.train(TEXT.get(i), 0.01, i);
      }
      return GpuVectors.parameters(network);
    }
  }

  @Test
  void trainsAsByStepsUpToRounding() {
    float[] bySteps = trained(Recurrence.STEPS);
    double[] exact = new double[bySteps.length];
    Arrays.setAll(exact, i -> bySteps[i]);
    EmulatedKernels.assertClose("parameters", trained(Recurrence.PERSISTENT), exact, 1e-5);
    EmulatedKernels.assertClose("parameters", trained(Recurrence.CLUSTERS), exact, 1e-5);
  }

  /** No cluster fits at the same time; the GPU knows none of the size, or none at all. */
  @ParameterizedTest
  @CsvSource({"clusters, 0", "fail:cuOccupancyMaxActiveClusters, 912", "capability, 89"})
  void withoutRoomForClustersWordsAreInGlobalMemory(String limit, long value) {
    cuda.emulation_set(limit, value);
    float[] found = trained(Recurrence.CLUSTERS);
    assertThat(launches(Recurrence.CLUSTERS)).isZero();
    cuda.emulation_reset();
    assertThat(found).isEqualTo(trained(Recurrence.PERSISTENT));
  }

  /** Where not all clusters fit at the same time, each has more lanes. */
  @Test
  void fewerClustersHaveMoreLanes() {
    SelfCheck.Case of = new SelfCheck.Case(List.of(new Layer(CellType.GRU, 33, 0)), 5, 33, 3);
    cuda.emulation_set("clusters", 2); // for three tiles of lanes
    GpuMode mode = new GpuMode(Precision.TF32, Recurrence.CLUSTERS);
    GpuCorrectness.Result result = new GpuCorrectness(EmulatedCuda::device).gradients(of, mode);
    assertThat(result.right()).as("%s", result).isTrue();
    assertThat(launches(Recurrence.CLUSTERS)).isEqualTo(2 * 2);
  }

  @Test
  void isRecordedWithTheRestOfAStep() {
    try (CudaNetwork network = network(new GpuMode(Precision.TF32, Recurrence.PERSISTENT))) {
      network.train(TEXT.get(0), 0.01, 0);
      assertThat(launches()).isEqualTo(2L * STACK.size());
      network.train(TEXT.get(1), 0.01, 1);
      assertThat(launches()).isEqualTo(4L * STACK.size());
      network.train(TEXT.get(2), 0.01, 2);
      network.train(TEXT.get(3), 0.01, 3);
      assertThat(launches()).isEqualTo(4L * STACK.size());
      assertThat(cuda.emulation_get("calls:cuStreamBeginCapture_v2")).isEqualTo(1);
    }
  }

  /** The GPU is not lost: by steps it works. */
  @ParameterizedTest
  @EnumSource(names = {"PERSISTENT", "CLUSTERS"})
  void blocksThatWaitInVainGiveUpAndSaySo(Recurrence way) {
    try (CudaNetwork network = network(new GpuMode(Precision.FLOAT32, way))) {
      cuda.emulation_set("planted", 3);
      assertThatThrownBy(() -> network.train(TEXT.get(0), 0.01, 0))
          .isInstanceOf(CudaException.class)
          .hasMessage(
              "a persistent kernel's blocks waited for each other in vain on GPU 0 (Emulated GPU"
                  + " 0); use --set compute.recurrence=steps");
      cuda.emulation_set("planted", 0);
      network.train(TEXT.get(0), 0.01, 0);
    }
  }

  @Test
  void singleStepsAndSessionsAreDoneWithoutThem() {
    try (CudaNetwork network = network(new GpuMode(Precision.FLOAT32, Recurrence.PERSISTENT))) {
      network.session(3).next(new int[] {1, 2, 3});
      network.session(3).score(TEXT.get(0));
      network.train(RandomText.segments(VOCABULARY, 3, 7, 1).get(0), 0.01, 0);
    }
    assertThat(launches()).isZero();
  }

  @ParameterizedTest
  @CsvSource({"shared memory, 1000", "multiprocessors, 1", "occupancy, 0", "cooperative, 0"})
  void layersWithoutRoomRunByStep(String limit, long value) {
    cuda.emulation_set(limit, value);
    List<Layer> wide = List.of(new Layer(CellType.LSTM, 300, 0));
    SelfCheck.Case of = new SelfCheck.Case(wide, 5, 2, 3);
    GpuMode mode = new GpuMode(Precision.FLOAT32, Recurrence.PERSISTENT);
    GpuCorrectness.Result result = new GpuCorrectness(EmulatedCuda::device).gradients(of, mode);
    assertThat(result.right()).as("%s", result).isTrue();
    assertThat(launches()).isZero();
  }

  @ParameterizedTest
  @CsvSource({
    "cuLaunchCooperativeKernel, lstm_forward_sequence_float32",
    "cuFuncSetAttribute, lstm_forward_sequence_float32",
    "cuOccupancyMaxActiveBlocksPerMultiprocessor, lstm_forward_sequence_float32"
  })
  void anErrorNamesCallAndKernel(String call, String kernel) {
    try (CudaNetwork network = network(new GpuMode(Precision.FLOAT32, Recurrence.PERSISTENT))) {
      cuda.emulation_set("fail:" + call, 1);
      assertThatThrownBy(() -> network.train(TEXT.get(0), 0.01, 0))
          .isInstanceOf(CudaException.class)
          .hasMessage(
              "%s of %s failed with error 1, CUDA_ERROR_EMULATED: an emulated error", call, kernel);
      cuda.emulation_set("fail:" + call, 0);
    }
    assertThat(cuda.emulation_reset()).as("allocations left").isZero();
  }

  @Test
  void theEstimateOfMemoryKnowsWhatBlocksExchange() {
    PassSize size = new PassSize(64, 20);
    Segment segment = RandomText.segments(VOCABULARY, 64, 1, 20).get(0);
    try (CudaNetwork network = network(new GpuMode(Precision.FLOAT32, Recurrence.PERSISTENT))) {
      long before = cuda.emulation_get("allocated");
      network.train(segment, 0.01, 0);
      long taken = cuda.emulation_get("allocated") - before;
      long required = MemoryRequirement.ofStep(network.device(), network.layout(), size);
      assertThat(required).isBetween(taken, taken + (2 << 20));
      assertThat(PersistentKernel.bytes(network.device(), STACK.get(0), 64, Direction.BACKWARD))
          .isEqualTo(2L * 3 * 64 * 48 * Long.BYTES + 4 * 7 * 33 * Float.BYTES); // slices, groups
    }
  }
}
