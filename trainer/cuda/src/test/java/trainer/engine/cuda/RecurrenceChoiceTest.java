package trainer.engine.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.LoggerFactory;
import trainer.Networks;
import trainer.config.Compute;
import trainer.config.Compute.EngineType;
import trainer.config.Compute.Precision;
import trainer.config.Compute.Recurrence;
import trainer.config.Configuration;
import trainer.config.Layer;
import trainer.config.Layer.CellType;
import trainer.config.binding.Selection;
import trainer.cuda.CudaException;
import trainer.cuda.KernelCache;

/** Which way of running the time steps a network gets, with times and faults that are planted. */
@Tag("slow")
class RecurrenceChoiceTest {
  private static final Compute COMPUTE = new Compute(EngineType.CUDA, 1, 0, Precision.FLOAT32);
  private static final Configuration CONFIGURATION =
      Networks.configuration(4, 5, new Layer(CellType.LSTM, 17, 0.25));

  private static final int MICROS = 10;

  @TempDir private Path folder;

  private final ListAppender<ILoggingEvent> log = new ListAppender<>();
  private final Logger logger = (Logger) LoggerFactory.getLogger(RecurrenceChoice.class);
  private EmulatedCuda.Controls cuda;

  @BeforeEach
  void startAfresh() {
    cuda = EmulatedCuda.fresh();
    log.start();
    logger.addAppender(log);
    logger.setLevel(Level.INFO);
  }

  @AfterEach
  void leaveNothing() {
    logger.detachAppender(log);
    logger.setLevel(null);
    assertThat(cuda.emulation_reset()).as("allocations").isZero();
  }

  private Recurrence chosen(Compute compute) {
    return RecurrenceChoice.of(
        CONFIGURATION,
        7,
        compute,
        way -> EmulatedCuda.device(new GpuMode(compute.precision(), way)),
        new KernelCache(folder),
        () -> 1000 * cuda.emulation_get("micros that were planted")); // whatever else runs
  }

  /** They need a product each. */
  private void slowSteps() {
    cuda.emulation_set("micros of a product", MICROS);
  }

  private List<String> warnings() {
    return log.list.stream()
        .filter(event -> event.getLevel() == Level.WARN)
        .map(ILoggingEvent::getFormattedMessage)
        .toList();
  }

  @Test
  void whatIsFasterIsTaken() {
    cuda.emulation_set("micros of a persistent kernel", 5 * MICROS);
    cuda.emulation_set("micros of clusters", 10 * MICROS);
    assertThat(chosen(COMPUTE)).isEqualTo(Recurrence.STEPS);
    slowSteps();
    cuda.emulation_set("micros of a persistent kernel", 0);
    assertThat(chosen(COMPUTE)).isEqualTo(Recurrence.PERSISTENT);
    cuda.emulation_set("micros of a persistent kernel", 5 * MICROS);
    cuda.emulation_set("micros of clusters", 0);
    assertThat(chosen(COMPUTE)).isEqualTo(Recurrence.CLUSTERS);
    assertThat(log.list.get(1).getFormattedMessage())
        .matches(
            "lstm 17 dropout 0.25, V 7, B 4, T 5: milliseconds a segment: steps [0-9.]+, persistent"
                + " [0-9.]+, clusters [0-9.]+");
    assertThat(warnings()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"AUTO", "CLUSTERS"})
  void clustersThatFailAreLeftForTheOtherKernels(Recurrence asked) {
    slowSteps();
    cuda.emulation_set("planted in clusters", 1);
    cuda.emulation_set("planted", 1);
    assertThat(chosen(COMPUTE.with(asked))).isEqualTo(Recurrence.PERSISTENT);
    assertThat(warnings())
        .singleElement()
        .asString()
        .startsWith("persistent kernels in clusters are not used for lstm 17 dropout 0.25, V 7,")
        .contains("gradients differ by ");
    cuda.emulation_set("planted", 0);
    assertThat(chosen(COMPUTE.with(asked))).isEqualTo(Recurrence.PERSISTENT);
  }

  /** The kernels pass the check at the start, and fail at the network's own sizes. */
  @ParameterizedTest
  @CsvSource({"1, gradients differ by ", "2, gradients differ by ", "3, in vain"})
  void kernelsThatFailAreNotTakenAndNotTriedAgain(int fault, String reason) {
    slowSteps();
    cuda.emulation_set("planted", fault);
    assertThat(chosen(COMPUTE)).isEqualTo(Recurrence.STEPS);
    assertThat(warnings())
        .hasSize(2)
        .allSatisfy(warning -> assertThat(warning).contains(reason))
        .last(STRING)
        .startsWith("persistent kernels are not used for lstm 17 dropout 0.25, V 7, B 4, T 5: ");
    cuda.emulation_set("planted", 0);
    assertThat(chosen(COMPUTE)).isEqualTo(Recurrence.STEPS);
    assertThat(chosen(COMPUTE.with(Recurrence.PERSISTENT))).isEqualTo(Recurrence.STEPS);
  }

  /** Whatever is faster; a run that resumes on this GPU does not check again. */
  @ParameterizedTest
  @CsvSource({"PERSISTENT, calls:cuLaunchCooperativeKernel", "CLUSTERS, calls:in clusters"})
  void kernelsThatAreAskedForAreCheckedOnce(Recurrence asked, String calls) {
    cuda.emulation_set("micros of a persistent kernel", 5 * MICROS);
    cuda.emulation_set("micros of clusters", 5 * MICROS);
    assertThat(chosen(COMPUTE.with(asked))).isEqualTo(asked);
    long launches = cuda.emulation_get(calls);
    assertThat(launches).isPositive();
    assertThat(chosen(COMPUTE.with(asked))).isEqualTo(asked);
    assertThat(cuda.emulation_get(calls)).isEqualTo(launches);
  }

  @Test
  void aFaultLosesTheGpuOnce() {
    cuda.emulation_set("fail:cuLaunchCooperativeKernel", 719);
    assertThatThrownBy(() -> chosen(COMPUTE)).isInstanceOf(CudaException.class);
    EmulatedCuda.fresh().emulation_set("fail:cuLaunchCooperativeKernel", 719);
    assertThat(chosen(COMPUTE.with(Recurrence.PERSISTENT))).isEqualTo(Recurrence.STEPS);
  }

  @Test
  void withoutRoomNothingIsMeasured() {
    cuda.emulation_set("shared memory", 1000);
    assertThat(chosen(COMPUTE)).isEqualTo(Recurrence.STEPS);
    assertThat(cuda.emulation_get("calls:cuLaunchKernel")).isZero();
  }

  /** A GPU's share of the lanes, and of the lane groups. */
  @Test
  void severalGpusAreMeasuredByOne() {
    Compute two =
        new Compute(EngineType.CUDA, 1, 4, Precision.TF32, 1, Selection.first(2), Recurrence.AUTO);
    chosen(two);
    assertThat(log.list.get(0).getFormattedMessage()).startsWith("lstm 17 dropout 0.25, V 7, B 2,");
    assertThat(cuda.emulation_get("calls:cuLaunchCooperativeKernel"))
        .isEqualTo(2 * 2 * 2); // called and captured, lane groups, directions
  }
}
