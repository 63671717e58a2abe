package trainer.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.buffer.DataType;
import trainer.Networks;
import trainer.config.Compute;
import trainer.config.Compute.EngineType;
import trainer.config.Compute.Precision;
import trainer.config.ConfigurationException;
import trainer.engine.RandomText;
import trainer.engine.cpu.CpuEngineProvider;
import trainer.engine.cuda.CudaSurvey;
import trainer.engine.cuda.EmulatedCuda;
import trainer.network.CharacterNetwork;

/** The choice of an engine, with and without a usable emulated GPU. */
@Tag("slow")
class EngineSelectionTest {
  private static final String TOO_OLD =
      "GPU 0 (Emulated GPU 0) has compute capability 7.0, but CUDA 13.0 compiles for 7.5 and"
          + " later: use a newer GPU or an older CUDA";

  private EmulatedCuda.Controls cuda;

  @BeforeEach
  void useTheEmulatedGpu() {
    cuda = EmulatedCuda.onThisMachine();
  }

  @AfterEach
  void forgetIt() {
    EmulatedCuda.leaveThisMachine();
    System.clearProperty("trainer.cuda.graphs");
  }

  private static EngineSelection select(EngineType engine, Precision precision) {
    return EngineSelection.of(new Compute(engine, 1, 0, precision));
  }

  private static String description(EngineSelection selection) {
    try (CharacterNetwork network =
        new CharacterNetwork(
            Networks.configuration(3, 5, Networks.mixed()),
            17,
            selection.type(),
            selection::engine)) {
      network.fit(RandomText.segments(17, 3, 1, 5).get(0));
      return network.engine().description();
    }
  }

  @ParameterizedTest
  @CsvSource({"AUTO, FLOAT32", "AUTO, TF32", "AUTO, BFLOAT16", "CUDA, FLOAT32", "CUDA, BFLOAT16"})
  void aGpuThatCanBeUsedIs(EngineType engine, Precision precision) {
    EngineSelection selection = select(engine, precision);
    assertThat(selection.type()).isEqualTo(DataType.FLOAT);
    assertThat(selection.reason())
        .isEqualTo(engine == EngineType.CUDA ? "compute.engine names it" : "fastest available");
    assertThat(description(selection)).startsWith("cuda (Emulated GPU 0");
  }

  @Test
  void withoutOneAutoTakesTheProcessorAndSaysWhy() {
    cuda.emulation_set("capability", 70);
    EngineSelection selection = select(EngineType.AUTO, Precision.FLOAT32);
    assertThat(selection.reason())
        .isEqualTo(
            "fastest available; cuda unavailable: GPU 0 (Emulated GPU 0) has compute capability"
                + " 7.0, but CUDA 13.0 compiles for 7.5 and later (see 'devices')");
    assertThat(description(selection)).startsWith("cpu (");
  }

  @Test
  void aLibraryThatLacksAFunctionIsAReasonToo(@TempDir Path folder) throws IOException {
    EmulatedCuda.emptyLibrary(folder.resolve("libcuda.so.1"));
    System.setProperty("trainer.cuda.libraries", folder.toString());
    EngineSelection selection = select(EngineType.AUTO, Precision.FLOAT32);
    assertThat(selection.reason())
        .isEqualTo(
            "fastest available; cuda unavailable: cannot load a CUDA library" + " (see 'devices')");
    assertThat(CudaSurvey.ofThisMachine().obstacle().orElseThrow()).contains("cuInit");
  }

  /** A typo must not move a GPU run to the CPU. */
  @ParameterizedTest
  @EnumSource(
      value = EngineType.class,
      names = {"AUTO", "CUDA"})
  void aMistypedSettingIsNoReasonButAMistake(EngineType engine) {
    System.setProperty("trainer.cuda.graphs", "of");
    assertThatThrownBy(() -> select(engine, Precision.FLOAT32))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("'of' is unknown");
  }

  @Test
  void aGpuThatComputesWrongResultsIsLeftForTheProcessor() {
    System.setProperty("trainer.cuda.cache", "off");
    cuda.emulation_set("wrong products", 1);
    EngineSelection selection = select(EngineType.AUTO, Precision.FLOAT32);
    assertThat(selection.reason())
        .isEqualTo(
            "fastest available; cuda unavailable: GPU 0 (Emulated GPU 0) failed the check of its"
                + " results (see 'devices')");
    assertThat(description(selection)).startsWith("cpu (");
  }

  @Test
  void cudaThatIsNamedAndCannotRunIsAnError() {
    cuda.emulation_set("capability", 70);
    assertThatThrownBy(() -> select(EngineType.CUDA, Precision.FLOAT32))
        .isInstanceOf(TrainingException.class)
        .hasMessage("compute.engine: cuda cannot run here: %s; or use auto, cpu or nd4j", TOO_OLD);
  }

  @Test
  void aPrecisionThatOnlyGpusHaveIsAnErrorWithoutOne() {
    cuda.emulation_set("capability", 70);
    assertThatThrownBy(() -> select(EngineType.AUTO, Precision.TF32))
        .isInstanceOf(TrainingException.class)
        .hasMessage(
            "compute.precision: tf32 is not available here; use float32 (cuda: GPU 0 (Emulated GPU 0)"
                + " has compute capability 7.0, but tf32 and bfloat16 need 8.0: use float32)");
  }

  @ParameterizedTest
  @CsvSource({"CUDA, TF32", "AUTO, BFLOAT16"})
  void aNetworkThatAGpuTrainedIsReadWithoutOneOnTheProcessor(
      EngineType engine, Precision precision) {
    Compute compute = new Compute(engine, 1, 0, precision);
    assertThat(description(EngineSelection.forReading(compute))).startsWith("cuda (");
    cuda.emulation_set("capability", 70);
    assertThat(description(EngineSelection.forReading(compute))).startsWith("cpu (");
  }

  @ParameterizedTest
  @CsvSource({"CPU, TF32, cpu", "ND4J, TF32, nd4j", "ND4J, BFLOAT16, nd4j"})
  void aPrecisionThatTheNamedEngineLacksIsAnError(
      EngineType engine, Precision precision, String name) {
    assertThatThrownBy(() -> select(engine, precision))
        .isInstanceOf(TrainingException.class)
        .hasMessage(
            "compute.precision: %s is not a precision of the engine %s, which compute.engine names;"
                + " use float32, or the engine auto",
            precision.name().toLowerCase(Locale.ROOT), name);
    assertThat(description(select(engine, Precision.FLOAT32))).startsWith(name);
  }

  @Test
  void bfloat16OnAProcessorThatLacksItIsAnErrorThatSaysSo() {
    String obstacle = "this processor has no bfloat16 products (AVX512_BF16 or AMX)";
    Compute compute = new Compute(EngineType.CPU, 1, 0, Precision.BFLOAT16);
    if (new CpuEngineProvider().obstacle(compute).isEmpty()) {
      assertThat(description(EngineSelection.of(compute))).contains("bfloat16");
    } else {
      assertThatThrownBy(() -> EngineSelection.of(compute))
          .isInstanceOf(TrainingException.class)
          .hasMessage(
              "compute.precision: bfloat16 is not available here; use float32 (%s)", obstacle);
      assertThat(description(EngineSelection.forReading(compute))).startsWith("cpu (");
    }
  }
}
