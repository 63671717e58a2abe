package trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

final class TrainingProgressTest {
  /** A wider line would be broken by a terminal of 80 columns, and the bar drawn over a part. */
  @Test
  void aLineOnATerminalHasWhatFits() {
    String wide = "x".repeat(80);
    String fits = "é".repeat(79);
    assertThat(TrainingProgress.fitting(List.of(wide, fits, "y"))).isEqualTo(fits);
    assertThat(TrainingProgress.fitting(List.of(wide, "y", "z"))).isEqualTo("y");
    assertThat(TrainingProgress.fitting(List.of(wide, wide + "x"))).isEqualTo(wide + "x");
  }
}
