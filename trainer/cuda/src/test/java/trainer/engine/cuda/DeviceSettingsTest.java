package trainer.engine.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import trainer.config.ConfigurationException;

class DeviceSettingsTest {
  @AfterEach
  void forget() {
    System.clearProperty(DeviceSettings.RECURRENCE);
    System.clearProperty(DeviceSettings.GRAPHS);
  }

  @Test
  void areByStepsAndRecordedUnlessTheySayOtherwise() {
    DeviceSettings usual = new DeviceSettings(Recurrence.STEPS, true);
    assertThat(DeviceSettings.ofThisMachine()).isEqualTo(usual);
    System.setProperty(DeviceSettings.RECURRENCE, "steps");
    System.setProperty(DeviceSettings.GRAPHS, "on");
    assertThat(DeviceSettings.ofThisMachine()).isEqualTo(usual);
    System.setProperty(DeviceSettings.RECURRENCE, "persistent");
    System.setProperty(DeviceSettings.GRAPHS, "off");
    assertThat(DeviceSettings.ofThisMachine())
        .isEqualTo(new DeviceSettings(Recurrence.PERSISTENT, false));
  }

  @Test
  void anotherWordIsRefused() {
    System.setProperty(DeviceSettings.RECURRENCE, "fast");
    assertThatThrownBy(DeviceSettings::ofThisMachine)
        .isInstanceOf(ConfigurationException.class)
        .hasMessage(
            "TRAINER_CUDA_RECURRENCE (or trainer.cuda.recurrence): 'fast' is unknown; it can be"
                + " 'steps' or 'persistent'");
    System.setProperty(DeviceSettings.RECURRENCE, "steps");
    System.setProperty(DeviceSettings.GRAPHS, "no");
    assertThatThrownBy(DeviceSettings::ofThisMachine)
        .isInstanceOf(ConfigurationException.class)
        .hasMessage(
            "TRAINER_CUDA_GRAPHS (or trainer.cuda.graphs): 'no' is unknown; it can be 'on' or"
                + " 'off'");
  }
}
