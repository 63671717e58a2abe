package trainer.run;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class BuildTest {

  /** In this module it is on the class path. */
  @Test
  void knowsTheVersionOfDeeplearning4j() {
    assertThat(Build.versionOfDeeplearning4j()).isEqualTo("1.0.0-M2.1");
  }
}
