package trainer.engine.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.LoggerFactory;
import trainer.config.Compute.Precision;
import trainer.config.Compute.Recurrence;
import trainer.config.Layer;
import trainer.config.Layer.CellType;
import trainer.cuda.CudaException;
import trainer.cuda.GpuMemoryException;
import trainer.cuda.KernelCache;

/** The check of a GPU's results at the start, with faults planted in the emulated GPU. */
@Tag("slow")
class SelfCheckTest {
  private static final DeviceSettings PERSISTENT = new DeviceSettings(Recurrence.PERSISTENT, true);
  private static final DeviceSettings STEPS = new DeviceSettings(Recurrence.STEPS, true);
  private static final SelfCheck.Case SMALL =
      new SelfCheck.Case(List.of(new Layer(CellType.GRU, 17, 0)), 5, 3, 3);

  /** Several blocks of persistent kernels. */
  private static final SelfCheck.Case TWO =
      new SelfCheck.Case(
          List.of(new Layer(CellType.LSTM, 17, 0.25), new Layer(CellType.GRU, 18, 0)), 5, 3, 3);

  @TempDir private Path folder;

  private final ListAppender<ILoggingEvent> warnings = new ListAppender<>();
  private final Logger log = (Logger) LoggerFactory.getLogger(SelfCheck.class);
  private EmulatedCuda.Controls cuda;

  @BeforeEach
  void startAfresh() {
    cuda = EmulatedCuda.fresh();
    warnings.start();
    log.addAppender(warnings);
  }

  @AfterEach
  void leaveNothing() {
    log.detachAppender(warnings);
    cuda.emulation_reset();
  }

  private Device open(DeviceSettings wanted) {
    return SelfCheck.open(
        EmulatedCuda.libraries(), new KernelCache(folder), Precision.FLOAT32, wanted, 0, TWO);
  }

  private DeviceSettings chosen(DeviceSettings wanted) {
    try (Device device = open(wanted)) {
      return device.settings();
    }
  }

  private long launches() {
    return cuda.emulation_get("calls:cuLaunchKernel")
        + cuda.emulation_get("calls:cuLaunchCooperativeKernel");
  }

  @Test
  void aWayThatPassesIsTakenAndRemembered() {
    assertThat(chosen(PERSISTENT)).isEqualTo(PERSISTENT);
    assertThat(cuda.emulation_get("calls:cuLaunchCooperativeKernel")).isPositive();
    long before = launches();
    assertThat(chosen(PERSISTENT)).isEqualTo(PERSISTENT);
    assertThat(launches()).isEqualTo(before);
    assertThat(chosen(STEPS)).isEqualTo(STEPS); // another way: checked by itself
    assertThat(launches()).isGreaterThan(before);
    assertThat(warnings.list).isEmpty();
    assertThat(cuda.emulation_get("contexts")).isZero();
    assertThat(cuda.emulation_reset()).as("allocations").isZero();
  }

  @ParameterizedTest
  @CsvSource({
    "1, are off by", // a wrong sum
    "2, are off by", // a race
    "3, waited for each other in vain", // a hang
  })
  void aWayThatFailsIsLeftForTheNextOneWithTheRightNumbers(int fault, String reason) {
    cuda.emulation_set("planted", fault);
    Device device = open(PERSISTENT);
    assertThat(device.settings()).isEqualTo(STEPS);
    assertThat(SelfCheck.errors(device, SMALL).failure()).isEmpty();
    assertThat(warnings.list)
        .singleElement()
        .extracting(ILoggingEvent::getFormattedMessage)
        .asString()
        .startsWith(
            "GPU 0 (Emulated GPU 0) failed the check of its results: persistent recurrence: ")
        .contains(reason)
        .endsWith("; 'devices --check' checks again");
    cuda.emulation_set("planted", 0);
    assertThat(chosen(PERSISTENT)).as("remembered").isEqualTo(STEPS);
  }

  @Test
  void clustersThatFailAreLeftForWordsInGlobalMemory() {
    cuda.emulation_set("planted in clusters", 1);
    cuda.emulation_set("planted", 3);
    assertThat(chosen(new DeviceSettings(Recurrence.CLUSTERS, true))).isEqualTo(PERSISTENT);
    assertThat(warnings.list)
        .singleElement()
        .extracting(ILoggingEvent::getFormattedMessage)
        .asString()
        .contains("persistent recurrence in clusters: ", "waited for each other in vain");
  }

  @Test
  void withoutGraphsWhereTheyCannotBeCaptured() {
    cuda.emulation_set("fail:cuGraphInstantiateWithFlags", 801);
    assertThat(chosen(STEPS)).isEqualTo(new DeviceSettings(Recurrence.STEPS, false));
  }

  /** Only a later process may open the GPU again, and then knows better. */
  @Test
  void aFaultLosesTheGpuAndTheNextProcessLeavesItsCause() {
    cuda.emulation_set("fail:cuLaunchCooperativeKernel", 719);
    assertThatThrownBy(() -> open(PERSISTENT))
        .isInstanceOf(CudaException.class)
        .hasMessageStartingWith(
            "GPU 0 (Emulated GPU 0) failed: cuLaunchCooperativeKernel of"
                + " lstm_forward_sequence_float32 failed with error 719");
    EmulatedCuda.fresh().emulation_set("fail:cuLaunchCooperativeKernel", 719);
    assertThat(chosen(PERSISTENT)).isEqualTo(STEPS);
  }

  @Test
  void aGpuThatPassesInNoWayIsNotUsed() {
    cuda.emulation_set("wrong products", 1);
    assertThatThrownBy(() -> open(STEPS))
        .isInstanceOf(CudaException.class)
        .hasMessageStartingWith(
            "GPU 0 (Emulated GPU 0) failed the check of its results: recurrence by steps without"
                + " CUDA graphs: states are off by ")
        .hasMessageContaining("(1e-05 allowed), gradients are off by ");
    assertThat(cuda.emulation_reset()).as("allocations").isZero();
  }

  @Test
  void tooLittleMemoryIsNoWrongResult() {
    cuda.emulation_set("memory", 40 << 20);
    assertThatThrownBy(() -> open(STEPS)).isInstanceOf(GpuMemoryException.class);
    cuda.emulation_set("memory", 1 << 30);
    assertThat(chosen(STEPS)).isEqualTo(STEPS);
  }

  @Test
  void atLengthEveryWayIsCheckedAgainInEveryPrecision() {
    List<String> lines = new ArrayList<>();
    KernelCache cache = new KernelCache(folder);
    assertThat(SelfCheck.atLength(EmulatedCuda.libraries(), cache, List.of(SMALL), lines::add))
        .isTrue();
    assertThat(lines)
        .hasSize(12)
        .allSatisfy(line -> assertThat(line).startsWith("right "))
        .anyMatch(
            line ->
                line.matches(
                    "right    tf32, recurrence by steps without CUDA graphs, gru 17, V 5, B 3, T 3:"
                        + " \\d+\\.\\d\\d ms"));
    lines.clear();
    cuda.emulation_set("planted", 1);
    assertThat(SelfCheck.atLength(EmulatedCuda.libraries(), cache, List.of(SMALL), lines::add))
        .isFalse();
    assertThat(lines.stream().filter(line -> line.startsWith("WRONG "))).hasSize(6);
    cuda.emulation_set("capability", 75);
    cuda.emulation_set("planted", 0);
    lines.clear();
    SelfCheck.atLength(EmulatedCuda.libraries(), cache, List.of(SMALL), lines::add);
    assertThat(lines).hasSize(3);
  }
}
