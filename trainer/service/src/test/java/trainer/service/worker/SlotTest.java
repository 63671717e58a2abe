package trainer.service.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import trainer.service.runs.DeviceKind;

final class SlotTest {
  private static List<String> names(List<Slot> slots) {
    return slots.stream().map(Slot::name).toList();
  }

  @ParameterizedTest
  @CsvSource(
      nullValues = "-",
      delimiter = '|',
      value = {
        "- | - | 0 | cpu",
        "- | - | 2 | gpu 0, gpu 1",
        "3 | - | 0 | cpu, cpu, cpu",
        "1 | 1 | 2 | gpu 0, cpu",
        "0 | 2 | 2 | gpu 0, gpu 1",
        "- | 0 | 0 | cpu"
      })
  void slotsFollowFromWhatIsAskedForAndFound(
      Integer cpus, Integer gpus, int found, String expected) {
    assertThat(String.join(", ", names(Slot.of(cpus, gpus, found, null)))).isEqualTo(expected);
  }

  @Test
  void whatIsNotThereIsRefused() {
    assertThatThrownBy(() -> Slot.of(null, 3, 2, null))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("gpus 3: this machine has 2");
    assertThatThrownBy(() -> Slot.of(0, null, 0, null))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("slots 0");
  }

  @Test
  void aProcessIsShownItsOwnGpuOfThoseThatTheServiceIsShown() {
    Map<String, String> environment = new HashMap<>();
    Slot.of(null, null, 2, "2, GPU-8a3b").get(1).prepare(environment);
    assertThat(environment)
        .containsEntry("CUDA_VISIBLE_DEVICES", "GPU-8a3b")
        .containsEntry("CUDA_DEVICE_ORDER", "PCI_BUS_ID");
    Slot.of(null, null, 2, null).get(1).prepare(environment);
    assertThat(environment).containsEntry("CUDA_VISIBLE_DEVICES", "1");
    new Slot.Cpu().prepare(environment);
    assertThat(environment).containsEntry("CUDA_VISIBLE_DEVICES", "");
  }

  @Test
  void severalGpusAreShownTogether() {
    Slot both = new Slot.Gpus(Slot.gpus(Slot.of(1, null, 2, "2, GPU-8a3b")));
    Map<String, String> environment = new HashMap<>();
    both.prepare(environment);
    assertThat(environment)
        .containsEntry("CUDA_VISIBLE_DEVICES", "2,GPU-8a3b")
        .containsEntry("CUDA_DEVICE_ORDER", "PCI_BUS_ID");
    assertThat(both.name()).isEqualTo("gpu 0, gpu 1");
    assertThat(names(both.parts())).containsExactly("gpu 0", "gpu 1");
  }

  @Test
  void aSlotLeavesToOthersWhatTheyCanDoBetter() {
    Slot gpu = new Slot.Gpu(0, "0");
    Slot cpu = new Slot.Cpu();
    List<Slot> both = List.of(gpu, cpu);
    assertThat(Slot.served(gpu, both, true))
        .containsExactlyInAnyOrder(DeviceKind.ANY, DeviceKind.GPU);
    assertThat(Slot.served(cpu, both, true))
        .containsExactlyInAnyOrder(DeviceKind.ANY, DeviceKind.CPU);
    assertThat(Slot.served(gpu, List.of(gpu), true)).contains(DeviceKind.CPU);
    assertThat(Slot.served(cpu, List.of(cpu), true)).doesNotContain(DeviceKind.GPU);
    assertThat(Slot.served(cpu, List.of(cpu), false)).contains(DeviceKind.GPU);
  }
}
