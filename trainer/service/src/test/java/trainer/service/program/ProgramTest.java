package trainer.service.program;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("slow")
final class ProgramTest {
  @Test
  void argumentsFollowTheCommand() {
    ProcessBuilder process =
        new Program(List.of("java", "Main")).process(List.of("sample", "models/a"));
    assertThat(process.command()).containsExactly("java", "Main", "sample", "models/a");
  }

  @Test
  void processesLearnNeitherThePasswordOfTheDatabaseNorATokenOfTheService() {
    Map<String, String> environment =
        new HashMap<>(
            Map.of(
                "TRAINER_SERVE_DATABASE", "jdbc:postgresql://db/trainer?password=secret",
                "TRAINER_TOKEN", "0123456789abcdef",
                "TRAINER_CUDA_LIBRARIES", "/opt/cuda",
                "PATH", "/bin"));
    Program.removeSecrets(environment);
    assertThat(environment).containsOnlyKeys("TRAINER_CUDA_LIBRARIES", "PATH");
  }
}
