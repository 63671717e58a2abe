package trainer.engine.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.FloatBuffer;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import trainer.config.Compute.Precision;
import trainer.config.Compute.Recurrence;
import trainer.config.GradientClipping;
import trainer.config.Layer;
import trainer.config.Layer.CellType;
import trainer.config.Optimizer;
import trainer.cuda.CudaException;
import trainer.cuda.DeviceMemory;
import trainer.cuda.Gpu;
import trainer.cuda.KernelCache;
import trainer.cuda.Matrix;
import trainer.engine.CarriedState;
import trainer.engine.Engine;
import trainer.engine.PassSize;
import trainer.engine.RandomText;
import trainer.text.Segment;

/** Launches, memory and errors of the host side. */
@Tag("slow")
class CudaNetworkTest {
  private static final int VOCABULARY = 17;
  private static final int LANES = 3;
  private static final List<Layer> STACK =
      List.of(
          new Layer(CellType.LSTM, 5, 0.25),
          new Layer(CellType.GRU, 9, 0),
          new Layer(CellType.SIMPLE_RNN, 3, 0),
          new Layer(CellType.GRAVES_LSTM, 4, 0.5));
  private static final List<Segment> TEXT =
      RandomText.segments(VOCABULARY, LANES, 7, 9, 9, 9, 9, 9);

  private EmulatedCuda.Controls cuda;

  @BeforeEach
  void startAfresh() {
    cuda = EmulatedCuda.fresh();
  }

  @AfterEach
  void leaveNoSettings() {
    cuda.emulation_reset();
  }

  private static CudaNetwork network() {
    return network(EmulatedCuda.device(Precision.FLOAT32));
  }

  private static CudaNetwork network(Device device) {
    ParameterLayout layout = new ParameterLayout(VOCABULARY, STACK);
    CudaNetwork network =
        new CudaNetwork(
            device,
            layout,
            new Optimizer.Adam(0.01, 0.9, 0.999, 1e-8),
            new GradientClipping.Norm(5),
            1);
    network.writeParameters(random(layout.vectorLength()));
    return network;
  }

  private static float[] random(int count) {
    float[] values = EmulatedKernels.random(new Random(2), count);
    for (int i = 0; i < count; i++) {
      values[i] *= 0.3f;
    }
    return values;
  }

  private long calls(String function) {
    return cuda.emulation_get("calls:" + function);
  }

  @Test
  void fromTheThirdStepOnAStepIsOneLaunch() {
    try (CudaNetwork network = network()) {
      network.train(TEXT.get(0), 0.01, 0);
      long direct = calls("cuLaunchKernel");
      network.train(TEXT.get(1), 0.01, 1);
      long recorded = calls("cuLaunchKernel");
      assertThat(recorded).isEqualTo(2 * direct);
      long products = calls("cublasGemmEx");
      long copies = calls("cuMemcpyHtoDAsync_v2");
      network.train(TEXT.get(2), 0.01, 2);
      network.train(TEXT.get(3), 0.01, 3);
      assertThat(calls("cuLaunchKernel")).isEqualTo(recorded);
      assertThat(calls("cublasGemmEx")).isEqualTo(products);
      assertThat(calls("cuMemcpyHtoDAsync_v2")).isEqualTo(copies);
      assertThat(calls("cuGraphLaunch")).isEqualTo(3);
      assertThat(calls("cuStreamBeginCapture_v2")).isEqualTo(1);
    }
  }

  @Test
  void withoutGraphsEveryStepIsDoneCallByCallAndGivesTheSameBits() {
    float[][] found = new float[2][];
    for (boolean graphs : List.of(true, false)) {
      Device device =
          Device.open(
              EmulatedCuda.libraries(),
              new KernelCache(null),
              Precision.FLOAT32,
              new DeviceSettings(Recurrence.STEPS, graphs));
      try (CudaNetwork network = network(device)) {
        assertThat(network.description().endsWith(", without graphs")).isEqualTo(!graphs);
        long before = calls("cuStreamBeginCapture_v2");
        for (int i = 0; i < TEXT.size(); i++) {
          network.train(TEXT.get(i), 0.01, i);
        }
        network.session(LANES).score(TEXT.get(0));
        assertThat(calls("cuStreamBeginCapture_v2") - before).isEqualTo(graphs ? 1 : 0);
        found[graphs ? 0 : 1] = GpuVectors.parameters(network);
      }
    }
    assertThat(found[1]).isEqualTo(found[0]);
  }

  /** Products read copies of the factors. Each must be what rounding the factor itself gives. */
  @Test
  void copiesOfFactorsAreTheFactorsRounded() {
    float[][] found = new float[2][];
    for (boolean copies : List.of(true, false)) {
      cuda.emulation_set("round factors to bfloat16", copies ? 0 : 1);
      Precision precision = copies ? Precision.BFLOAT16 : Precision.FLOAT32;
      try (CudaNetwork network = network(EmulatedCuda.device(precision));
          Engine.Session session = network.session(LANES)) {
        for (int i = 0; i < TEXT.size(); i++) {
          network.train(TEXT.get(i), 0.01, i);
          network.carriedState(network.carriedState());
        }
        session.score(TEXT.get(0));
        float[] parameters = GpuVectors.parameters(network);
        float[] probabilities = session.next(new int[] {1, 2, 3});
        found[copies ? 0 : 1] =
            FloatBuffer.allocate(parameters.length + probabilities.length)
                .put(parameters)
                .put(probabilities)
                .array();
      }
    }
    assertThat(found[0]).isEqualTo(found[1]);
  }

  /** What the host writes has the copies that the kernels had written. */
  @ParameterizedTest
  @EnumSource(names = {"STEPS", "PERSISTENT", "CLUSTERS"})
  void aRunThatIsResumedInBfloat16HasTheSameBits(Recurrence way) {
    GpuCorrectness.Result result =
        new GpuCorrectness(EmulatedCuda::device).sameBits(new GpuMode(Precision.BFLOAT16, way));
    assertThat(result.right()).as("%s", result).isTrue();
  }

  @Test
  void aFactorWithoutItsCopyIsRefused() {
    try (CudaNetwork network = network(EmulatedCuda.device(Precision.BFLOAT16));
        DeviceMemory memory = new DeviceMemory(network.device().gpu())) {
      Matrix one = memory.matrix(1, 1);
      assertThatThrownBy(() -> network.device().products().multiply(one, one, one))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageEndingWith("without copies");
    }
  }

  /**
   * The emulation runs the second stream late, and refuses what a capture must not leave behind.
   */
  @Test
  void layersRunOnTwoStreamsWithCudaGraphsOnly() {
    try (CudaNetwork network = network()) {
      network.train(TEXT.get(0), 0.01, 0);
      assertThat(calls("cuStreamWaitEvent")).isGreaterThan(10);
    }
    cuda.emulation_reset();
    Device device =
        Device.open(
            EmulatedCuda.libraries(),
            new KernelCache(null),
            Precision.FLOAT32,
            new DeviceSettings(Recurrence.STEPS, false));
    try (CudaNetwork network = network(device)) {
      network.train(TEXT.get(0), 0.01, 0);
      assertThat(calls("cuStreamWaitEvent")).isZero();
    }
  }

  @Test
  void workAsideThatNothingWaitsForFailsTheCapture() {
    try (CudaNetwork network = network()) {
      Gpu gpu = network.device().gpu();
      DeviceMemory memory = new DeviceMemory(gpu);
      long address = memory.bytes(8);
      assertThatThrownBy(() -> gpu.capture(() -> gpu.aside(() -> gpu.clear(address, 8))))
          .hasMessageStartingWith("cuStreamEndCapture failed with error 904");
      gpu.join();
      memory.close();
    }
  }

  @Test
  void sessionsUseCudaGraphsToo() {
    try (CudaNetwork network = network();
        Engine.Session session = network.session(LANES)) {
      int[] characters = {1, 2, 3};
      session.next(characters);
      session.next(characters);
      long recorded = calls("cuLaunchKernel");
      session.next(characters);
      assertThat(calls("cuLaunchKernel")).isEqualTo(recorded);
      TEXT.subList(0, 2).forEach(session::score);
      recorded = calls("cuLaunchKernel");
      session.score(TEXT.get(2));
      assertThat(calls("cuLaunchKernel")).isEqualTo(recorded);
    }
  }

  @Test
  void cudaGraphsGiveTheSameBitsAsDirectCalls() {
    float[][] found = new float[2][];
    for (int run = 0; run < 2; run++) {
      try (CudaNetwork network = network()) {
        for (int i = 0; i < TEXT.size(); i++) {
          if (run == 1) { // another length starts without a graph
            network.gradient(RandomText.segments(VOCABULARY, LANES, 1, 10 + i).get(0), 0);
            network.clearState();
          }
          network.train(TEXT.get(i), 0.01, i);
          network.clearState();
        }
        found[run] = GpuVectors.parameters(network);
      }
    }
    assertThat(found[1]).isEqualTo(found[0]);
  }

  @Test
  void nothingIsLeftBehind() {
    try (CudaNetwork network = network()) {
      TEXT.forEach(segment -> network.train(segment, 0.01, 0));
      Engine.Session session = network.session(LANES);
      TEXT.forEach(session::score);
      session.close();
      network.session(2).next(new int[] {1, 2}); // closed with the network
    }
    assertThat(cuda.emulation_get("contexts")).isZero();
    assertThat(cuda.emulation_get("host allocations")).isZero();
    assertThat(cuda.emulation_get("graphs")).isZero();
    assertThat(cuda.emulation_get("streams")).isZero();
    assertThat(cuda.emulation_get("events")).isZero();
    assertThat(cuda.emulation_reset()).as("allocations").isZero();
  }

  /** A failed allocation at any point frees all memory. */
  @Test
  void whereMemoryEndsNothingIsLeftBehind() {
    boolean enough = false;
    for (int pieces = 0; !enough; pieces++) {
      cuda.emulation_reset();
      cuda.emulation_set("allocations", pieces);
      enough = trains();
      assertThat(cuda.emulation_get("contexts")).as("%d pieces", pieces).isZero();
      assertThat(cuda.emulation_get("host allocations")).as("%d pieces", pieces).isZero();
      assertThat(cuda.emulation_reset()).as("left of %d pieces", pieces).isZero();
    }
  }

  @Test
  void outOfMemoryIsReportedWithAnEstimate() {
    cuda.emulation_set("memory", 190_000_000);
    try (CudaNetwork network = network()) {
      Segment large = RandomText.segments(VOCABULARY, 64, 1, 2000).get(0);
      assertThatThrownBy(() -> network.train(large, 0.01, 0))
          .isInstanceOf(CudaException.class)
          .hasMessage(
              "training on segments of 2000 characters in 64 lanes, and evaluation, need about 0.19"
                  + " GB on GPU 0 (Emulated GPU 0), where 0.12 GB of 0.19 GB are free; lower"
                  + " training.batch_size, training.sequence_length or the size of the layers, or"
                  + " stop other programs on the GPU");
      network.train(TEXT.get(0), 0.01, 0);
    }
  }

  @Test
  void aSegmentThatDoesNotFitChangesNothing() {
    float[][] found = new float[2][];
    for (int run = 0; run < 2; run++) {
      cuda.emulation_set("memory", 190_000_000);
      try (CudaNetwork network = network()) {
        network.train(TEXT.get(0), 0.01, 0);
        if (run == 1) {
          Segment large = RandomText.segments(VOCABULARY, LANES, 1, 40_000).get(0);
          CarriedState before = network.carriedState();
          assertThatThrownBy(() -> network.train(large, 0.01, 1)).isInstanceOf(CudaException.class);
          assertThat(network.carriedState()).usingRecursiveComparison().isEqualTo(before);
        }
        network.train(TEXT.get(1), 0.01, 1);
        found[run] = GpuVectors.parameters(network);
      }
    }
    assertThat(found[1]).isEqualTo(found[0]);
  }

  /** The estimate is at least the allocated memory, and not much more. */
  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "BFLOAT16"})
  void theEstimateMatchesTheAllocatedMemory(Precision precision) {
    PassSize size = new PassSize(64, 100);
    Segment segment = RandomText.segments(VOCABULARY, 64, 1, 100).get(0);
    try (CudaNetwork network = network(EmulatedCuda.device(precision))) {
      long before = cuda.emulation_get("allocated");
      network.train(segment, 0.01, 0);
      long taken = cuda.emulation_get("allocated") - before;
      long required = MemoryRequirement.ofStep(network.device(), network.layout(), size);
      assertThat(required).isBetween(taken, taken + taken / 4);
      before = cuda.emulation_get("allocated");
      network.session(64).score(segment);
      taken = cuda.emulation_get("allocated") - before;
      required = MemoryRequirement.ofSession(network.device(), network.layout(), size);
      assertThat(required).isBetween(taken, taken + taken / 4);
    }
  }

  private static boolean trains() {
    try (CudaNetwork network =
        new CudaNetwork(
            EmulatedCuda.device(Precision.FLOAT32),
            new ParameterLayout(VOCABULARY, STACK),
            new Optimizer.Sgd(0.1, 0.9),
            new GradientClipping.None(),
            1)) {
      network.train(TEXT.get(0), 0.1, 0);
      network.session(LANES).score(TEXT.get(0));
      return true;
    } catch (CudaException e) {
      assertThat(e).hasMessageContaining("lower training.batch_size");
      return false;
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "cuLaunchKernel",
        "cuGraphLaunch",
        "cuStreamEndCapture",
        "cuGraphInstantiateWithFlags",
        "cuMemcpyHtoDAsync_v2"
      })
  void anErrorWithinAStepNamesItsCall(String call) {
    try (CudaNetwork network = network()) {
      network.train(TEXT.get(0), 0.01, 0);
      cuda.emulation_set("fail:" + call, 719);
      assertThatThrownBy(() -> network.train(TEXT.get(1), 0.01, 1))
          .isInstanceOf(CudaException.class)
          .hasMessageContaining(call.replaceFirst("_v2$", ""))
          .hasMessageEndingWith(
              "failed with error 719, CUDA_ERROR_LAUNCH_FAILED: an emulated error; restart the"
                  + " program to use GPU 0 again");
      assertThat(cuda.emulation_get("captures")).isZero();
      cuda.emulation_set("fail:" + call, 0);
    }
  }

  @Test
  void aClosedNetworkComputesNoMore() {
    CudaNetwork network = network();
    Engine.Session session = network.session(LANES);
    network.close();
    network.close();
    assertThatThrownBy(() -> network.train(TEXT.get(0), 0.01, 0))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the engine is closed");
    assertThatThrownBy(() -> session.score(TEXT.get(0)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the session is closed");
  }

  @Test
  void vectorsOfAnotherNetworkAreRefused() {
    try (CudaNetwork network = network()) {
      assertThatThrownBy(() -> network.writeParameters(new float[3]))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "a vector of 3 elements where the network has %d", network.layout().vectorLength());
    }
  }
}
