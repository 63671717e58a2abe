package trainer.service.devices;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import trainer.service.devices.GpuMemory.Use;

final class GpuMemoryTest {
  private static List<Use> told(String text) {
    return new GpuMemory(List.of("printf", text)).now();
  }

  @Test
  void linesBecomeBytes() {
    assertThat(told("0, 1024, 81920\\n1, 0, 81920\\n"))
        .containsExactly(new Use(0, 1L << 30, 80L << 30), new Use(1, 0, 80L << 30));
  }

  @Test
  void whatIsNotToldIsLeftOut() {
    assertThat(told("0, [N/A], 81920\\n1, 5, 10\\nno devices were found\\n"))
        .containsExactly(new Use(1, 5L << 20, 10L << 20));
    assertThat(new GpuMemory(List.of("/no/such/program")).now()).isEmpty();
  }
}
