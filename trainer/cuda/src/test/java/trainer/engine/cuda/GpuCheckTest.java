package trainer.engine.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import trainer.config.Compute.Precision;
import trainer.config.Compute.Recurrence;
import trainer.config.Layer.CellType;

/** The program for machines with a GPU, on the emulation. */
@Tag("slow")
class GpuCheckTest {
  /** A small network, and the stack of all cells; EngineContractTest has more shapes. */
  @Test
  void theChecksPassOnTheEmulatedGpu() {
    EmulatedCuda.fresh();
    List<SelfCheck.Case> cases = GpuCorrectness.cases(false);
    List<SelfCheck.Case> two = List.of(cases.get(2), cases.get(cases.size() - 1));
    assertThat(new GpuCheck(EmulatedCuda::device).correctness(two, List.of(Precision.FLOAT32)))
        .isTrue();
  }

  @Test
  void productsAreTimedByComputeType() {
    EmulatedCuda.fresh();
    assertThat(new GpuCheck(EmulatedCuda::device).peaks(16)).isTrue();
  }

  @Test
  void productsThatAreTooInexactAreFound() {
    EmulatedCuda.fresh();
    GpuCorrectness correctness = new GpuCorrectness(EmulatedCuda::device);
    SelfCheck.Case one = GpuCorrectness.cases(false).get(2);
    GpuCorrectness.Result tf32 =
        correctness.gradients(one, new GpuMode(Precision.TF32, Recurrence.STEPS));
    assertThat(tf32.right()).isTrue();
    assertThat(tf32.gradients()).isGreaterThan(SelfCheck.gradientTolerance(Precision.FLOAT32));
  }

  @ParameterizedTest
  @CsvSource({"bfloat16 steps, 0 + 0", "bfloat16 clusters, 1 + 1"})
  void aMeasurementIsALineOfJson(String mode, String blocks) {
    EmulatedCuda.fresh();
    GpuBenchmark benchmark = new GpuBenchmark(EmulatedCuda::device, 3);
    assertThat(
            benchmark.measure(
                new GpuBenchmark.Case(CellType.GRU, 4, 2, 3, GpuMode.parse(mode)), 1e9))
        .startsWith(
            "{\"cell\": \"gru\", \"size\": 4, \"lanes\": 2, \"steps\": 3, \"precision\":"
                + " \"bfloat16\", \"recurrence\": \"%s\", \"blocks\": \"%s\", \"milliseconds\": "
                    .formatted(mode.substring(mode.indexOf(' ') + 1), blocks));
  }

  /** A planned layer is not run if the driver reports that it does not fit. */
  @Test
  void theBlocksAreThoseThatRun() {
    EmulatedCuda.fresh().emulation_set("occupancy", 0);
    GpuBenchmark benchmark = new GpuBenchmark(EmulatedCuda::device, 3);
    GpuMode mode = GpuMode.parse("float32 persistent");
    assertThat(benchmark.measure(new GpuBenchmark.Case(CellType.GRU, 4, 2, 3, mode), 1e9))
        .contains("\"blocks\": \"0 + 0\"");
  }

  @Test
  void timesTrainingUntilALossIsReached() {
    EmulatedCuda.fresh();
    String text = "to be or not to be, ".repeat(40);
    GpuTimeToLoss.Setup setup = new GpuTimeToLoss.Setup(CellType.GRU, 1, 16, 0, 4, 8, 30);
    GpuMode mode = GpuMode.parse("float32 persistent");
    GpuTimeToLoss.Outcome reached =
        new GpuTimeToLoss(EmulatedCuda::device, 2, 600).train(text, setup, mode);
    assertThat(reached.reached()).as("%s", reached).isTrue();
    assertThat(reached.loss()).isBetween(0.0, 2.0);
    assertThat(reached.epochs()).isBetween(2, 30);
    GpuTimeToLoss.Outcome never =
        new GpuTimeToLoss(EmulatedCuda::device, 0, 600)
            .train(text, new GpuTimeToLoss.Setup(CellType.GRU, 1, 16, 0, 4, 8, 2), mode);
    assertThat(never.reached()).isFalse();
    assertThat(never.epochs()).isEqualTo(2);
    assertThat(never.loss()).isPositive();
    GpuTimeToLoss.Outcome late =
        new GpuTimeToLoss(EmulatedCuda::device, 2, 1e-9).train(text, setup, mode);
    assertThat(late.reached()).isFalse();
    assertThat(late.epochs()).isEqualTo(1);
  }
}
