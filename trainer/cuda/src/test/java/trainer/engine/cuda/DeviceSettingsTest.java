package trainer.engine.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import trainer.config.Compute.Recurrence;
import trainer.config.ConfigurationException;

class DeviceSettingsTest {
  @AfterEach
  void forget() {
    System.clearProperty(DeviceSettings.GRAPHS);
  }

  @Test
  void areByStepsAndRecordedUnlessTheySayOtherwise() {
    DeviceSettings usual = new DeviceSettings(Recurrence.STEPS, true);
    assertThat(DeviceSettings.ofThisMachine(Recurrence.AUTO)).isEqualTo(usual);
    System.setProperty(DeviceSettings.GRAPHS, "on");
    assertThat(DeviceSettings.ofThisMachine(Recurrence.STEPS)).isEqualTo(usual);
    System.setProperty(DeviceSettings.GRAPHS, "off");
    assertThat(DeviceSettings.ofThisMachine(Recurrence.PERSISTENT))
        .isEqualTo(new DeviceSettings(Recurrence.PERSISTENT, false));
  }

  @Test
  void anotherWordIsRefused() {
    System.setProperty(DeviceSettings.GRAPHS, "no");
    assertThatThrownBy(() -> DeviceSettings.ofThisMachine(Recurrence.AUTO))
        .isInstanceOf(ConfigurationException.class)
        .hasMessage(
            "TRAINER_CUDA_GRAPHS (or trainer.cuda.graphs): 'no' is unknown; it can be 'on' or"
                + " 'off'");
  }
}
