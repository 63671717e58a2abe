package trainer.config;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import trainer.config.Compute.EngineType;
import trainer.config.Compute.Precision;
import trainer.config.Compute.Recurrence;
import trainer.config.binding.Selection;

/** Lane groups of runs on several workers or GPUs, and what a resumed run keeps. */
class ComputeTest {
  private static Compute of(Integer laneGroups, int workers) {
    return new Compute(EngineType.AUTO, 0, laneGroups, Precision.FLOAT32, workers);
  }

  @ParameterizedTest
  @CsvSource({"0, 1, 0", "0, 3, 3", "4, 2, 4", "6, 3, 6", ", 1,", ", 3, 3"})
  void aNewRunHasALaneGroupPerWorker(Integer asked, int workers, Integer started) {
    assertThat(of(asked, workers).started()).isEqualTo(of(started, workers));
  }

  @ParameterizedTest
  @CsvSource({"0, 1, 0", "0, 2, 2", "4, 2, 4"})
  void aNewRunHasALaneGroupPerGpu(int asked, int gpus, int started) {
    assertThat(of(asked, 1).with(Selection.first(gpus)).started())
        .isEqualTo(of(started, 1).with(Selection.first(gpus)));
  }

  @ParameterizedTest
  @CsvSource({
    "0, 1, 4, 4",
    "0, 2, 4, 4",
    "0, 4, 4, 4",
    "2, 2, 4, 2",
    "0, 3, 4, 3",
    "0, 1, 0, 0",
    ", 1, 0, 0",
    ", 1, 4, 4",
    ", 3, 4, 3"
  })
  void aResumedRunKeepsItsLaneGroups(Integer asked, int workers, int began, int resumed) {
    assertThat(of(asked, workers).resuming(of(began, 1))).isEqualTo(of(resumed, workers));
  }

  @ParameterizedTest
  @CsvSource({
    "AUTO, PERSISTENT, PERSISTENT",
    "AUTO, AUTO, AUTO", // began on a CPU
    "STEPS, PERSISTENT, STEPS"
  })
  void aResumedRunKeepsItsRecurrence(Recurrence asked, Recurrence began, Recurrence resumed) {
    assertThat(of(0, 1).with(asked).resuming(of(0, 1).with(began)))
        .isEqualTo(of(0, 1).with(resumed));
  }
}
