package trainer.service.devices;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import trainer.service.devices.NvidiaSmi.Memory;
import trainer.service.devices.NvidiaSmi.Use;

final class NvidiaSmiTest {
  private static NvidiaSmi told(String text) {
    return new NvidiaSmi(List.of("printf", text));
  }

  @Test
  void linesBecomeBytes() {
    assertThat(told("0, 1024, 81920\\n1, 0, 81920\\n").memory())
        .containsExactly(new Memory(0, 1L << 30, 80L << 30), new Memory(1, 0, 80L << 30));
    assertThat(told("93, 1024\\n").use("0")).contains(new Use(93.0, 0x1p30));
  }

  @Test
  void whatIsNotToldIsLeftOut() {
    assertThat(told("0, [N/A], 81920\\n1, 5, 10\\nno devices were found\\n").memory())
        .containsExactly(new Memory(1, 5L << 20, 10L << 20));
    assertThat(told("[N/A], 1024\\n").use("GPU-1a2b")).contains(new Use(null, 0x1p30));
    assertThat(told("[N/A], [N/A]\\n").use("0")).isEmpty();
    assertThat(told("No devices were found\\n").use("0")).isEmpty();
    NvidiaSmi missing = new NvidiaSmi(List.of("/no/such/program"));
    assertThat(missing.memory()).isEmpty();
    assertThat(missing.use("0")).isEmpty();
  }
}
