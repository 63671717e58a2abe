package trainer.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import trainer.config.Compute.Precision;
import trainer.config.Compute.Recurrence;
import trainer.engine.cuda.Device;
import trainer.engine.cuda.DeviceSettings;
import trainer.engine.cuda.EmulatedCuda;

@Tag("slow")
class KernelCacheTest {
  private EmulatedCuda.Controls cuda;

  @TempDir private Path folder;

  @BeforeEach
  void startAfresh() {
    cuda = EmulatedCuda.fresh();
  }

  @AfterEach
  void leaveNoSettings() {
    cuda.emulation_reset();
  }

  /** Opens the GPU; returns the number of compilations so far. */
  private long compiledAfterOpening(Path cache) {
    Device.open(
            EmulatedCuda.libraries(),
            new KernelCache(cache),
            Precision.FLOAT32,
            new DeviceSettings(Recurrence.STEPS, true))
        .close();
    return cuda.emulation_get("calls:nvrtcCompileProgram");
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.toList();
    }
  }

  @Test
  void kernelsAreCompiledOnce() throws IOException {
    assertThat(compiledAfterOpening(folder)).isEqualTo(1);
    assertThat(compiledAfterOpening(folder)).isEqualTo(1);
    assertThat(files()).singleElement().asString().endsWith(".kernels");
  }

  @Test
  void anotherGpuOrDriverGetsKernelsOfItsOwn() throws IOException {
    compiledAfterOpening(folder);
    cuda.emulation_set("capability", 75);
    assertThat(compiledAfterOpening(folder)).isEqualTo(2);
    cuda.emulation_set("driver", 13010);
    assertThat(compiledAfterOpening(folder)).isEqualTo(3);
    assertThat(files()).hasSize(3);
  }

  @Test
  void aDamagedFileIsCompiledAgain() throws IOException {
    compiledAfterOpening(folder);
    Path file = files().get(0);
    byte[] content = Files.readAllBytes(file);
    content[content.length - 2]++;
    Files.write(file, content);
    assertThat(compiledAfterOpening(folder)).isEqualTo(2);
    Files.write(file, new byte[] {1, 2, 3});
    assertThat(compiledAfterOpening(folder)).isEqualTo(3);
    assertThat(compiledAfterOpening(folder)).isEqualTo(3);
  }

  @Test
  void aFolderThatCannotBeMadeOnlyCostsTime() throws IOException {
    Path file = Files.createFile(folder.resolve("file"));
    assertThat(compiledAfterOpening(file.resolve("below"))).isEqualTo(1);
    assertThat(compiledAfterOpening(file.resolve("below"))).isEqualTo(2);
    assertThat(compiledAfterOpening(null)).isEqualTo(3);
  }

  @Test
  void whatCannotBeKeptLeavesNothingHalfWritten() throws IOException {
    compiledAfterOpening(folder);
    Path file = files().get(0);
    Files.delete(file);
    Files.createFile(Files.createDirectory(file).resolve("in the way"));
    assertThat(compiledAfterOpening(folder)).isEqualTo(2);
    assertThat(files()).containsExactly(file);
  }

  @Test
  void liesWhereProgramsKeepSuchFiles() {
    assertThat(KernelCache.folder(null, "/home/a"))
        .isEqualTo(Path.of("/home/a/.cache/character-rnn-trainer"));
    assertThat(KernelCache.folder("", "/home/a"))
        .isEqualTo(Path.of("/home/a/.cache/character-rnn-trainer"));
    assertThat(KernelCache.folder("/caches", "?"))
        .isEqualTo(Path.of("/caches/character-rnn-trainer"));
    assertThat(KernelCache.folder(null, "?")).as("no home").isNull();
  }
}
