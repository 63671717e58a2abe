package trainer.engine.nd4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.cpu.nativecpu.CpuBackend;
import org.nd4j.linalg.factory.Nd4jBackend;

class CpuBackendOnlyTest {
  @TempDir private Path folder;

  @Test
  void ofSeveralBackendsThatForCpusIsFoundAlone() throws IOException {
    Path services = Files.createDirectories(folder.resolve("META-INF/services"));
    Files.writeString(services.resolve(Nd4jBackend.class.getName()), "some.OtherBackend");
    URL[] others = {folder.toUri().toURL()};
    try (URLClassLoader both = new URLClassLoader(others, getClass().getClassLoader())) {
      assertThatThrownBy(() -> ServiceLoader.load(Nd4jBackend.class, both).stream().toList())
          .isInstanceOf(ServiceConfigurationError.class)
          .hasMessageContaining("some.OtherBackend");
      assertThat(ServiceLoader.load(Nd4jBackend.class, new CpuBackendOnly(both)))
          .singleElement()
          .isInstanceOf(CpuBackend.class);
    }
  }

  @Test
  void everythingElseIsFoundAsBefore() throws IOException {
    ClassLoader parent = getClass().getClassLoader();
    String services = "META-INF/services/org.nd4j.linalg.compression.NDArrayCompressor";
    assertThat(new CpuBackendOnly(parent).getResources(services).hasMoreElements())
        .isEqualTo(parent.getResources(services).hasMoreElements());
    String providers = "META-INF/services/trainer.network.EngineProvider";
    assertThat(new CpuBackendOnly(parent).getResources(providers).hasMoreElements()).isTrue();
  }
}
