package trainer.cli.service;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import trainer.service.configuration.ServiceConfigurationLoader;
import trainer.service.program.Program;

/** The processes that a service starts. */
class ServiceProgramTest {
  private static Program program(Map<String, List<String>> options) {
    return ServiceStart.program(ServiceConfigurationLoader.load(null, Map.of(), options));
  }

  @Test
  void theInferenceProcessHasAHeapOfItsOwnOrThatOfTheOthers() {
    Program same = program(Map.of("heap_megabytes", List.of("100")));
    assertThat(same.command()).contains("-Xmx100m");
    assertThat(same.forInference().command()).contains("-Xmx100m");
    Program other =
        program(
            Map.of("heap_megabytes", List.of("100"), "inference_heap_megabytes", List.of("3000")));
    assertThat(other.command()).contains("-Xmx100m").doesNotContain("-Xmx3000m");
    assertThat(other.forInference().command()).contains("-Xmx3000m").doesNotContain("-Xmx100m");
    assertThat(program(Map.of()).forInference().command())
        .noneMatch(word -> word.startsWith("-Xmx"));
  }
}
