package trainer.engine.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RecurrenceTest {
  @AfterEach
  void forget() {
    System.clearProperty(Recurrence.SETTING);
  }

  @Test
  void isByStepsUnlessTheSettingSaysOtherwise() {
    assertThat(Recurrence.ofThisMachine()).isEqualTo(Recurrence.STEPS);
    System.setProperty(Recurrence.SETTING, "persistent");
    assertThat(Recurrence.ofThisMachine()).isEqualTo(Recurrence.PERSISTENT);
    System.setProperty(Recurrence.SETTING, "steps");
    assertThat(Recurrence.ofThisMachine()).isEqualTo(Recurrence.STEPS);
  }

  @Test
  void anotherWordIsRefused() {
    System.setProperty(Recurrence.SETTING, "fast");
    assertThatThrownBy(Recurrence::ofThisMachine)
        .isInstanceOf(CudaException.class)
        .hasMessage(
            "TRAINER_CUDA_RECURRENCE (or trainer.cuda.recurrence) is 'fast': it can be 'steps' or"
                + " 'persistent'");
  }
}
