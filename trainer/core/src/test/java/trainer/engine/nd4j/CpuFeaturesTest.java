package trainer.engine.nd4j;

import static org.assertj.core.api.Assertions.assertThat;
import static trainer.engine.nd4j.CpuFeatures.AVX2;
import static trainer.engine.nd4j.CpuFeatures.AVX512;
import static trainer.engine.nd4j.CpuFeatures.BASELINE;

import java.util.List;
import org.junit.jupiter.api.Test;

class CpuFeaturesTest {
  private static final String HASWELL = "fpu sse2 ssse3 fma sse4_2 avx f16c avx2 bmi2";
  private static final String SKYLAKE =
      HASWELL + " avx512f avx512dq avx512cd avx512bw avx512vl avx512_vnni";

  private static CpuFeatures of(String flags) {
    return CpuFeatures.ofFlags(
        List.of(
            "processor\t: 0",
            "vendor_id\t: GenuineIntel",
            "flags\t\t: " + flags,
            "bugs\t\t: spectre_v1",
            "",
            "processor\t: 1",
            "flags\t\t: fpu"));
  }

  @Test
  void theBestBuildThatTheProcessorRunsIsChosen() {
    assertThat(of(SKYLAKE)).isEqualTo(AVX512);
    assertThat(of(HASWELL)).isEqualTo(AVX2);
    assertThat(of("fpu sse2 ssse3 sse4_2 avx")).isEqualTo(BASELINE);
  }

  @Test
  void everyInstructionOfABuildIsNeeded() {
    for (String flag : List.of("avx512f", "avx512cd", "avx512bw", "avx512dq", "avx512vl")) {
      assertThat(of(SKYLAKE.replaceFirst(" " + flag + "\\b", ""))).as(flag).isEqualTo(AVX2);
    }
    for (String flag : List.of("avx2", "fma")) {
      assertThat(of(SKYLAKE.replaceFirst(" " + flag + "\\b", ""))).as(flag).isEqualTo(BASELINE);
    }
  }

  @Test
  void withoutFlagsThereIsTheBaseline() {
    assertThat(CpuFeatures.ofFlags(List.of("Features\t: fp asimd"))).isEqualTo(BASELINE);
    assertThat(CpuFeatures.ofFlags(List.of())).isEqualTo(BASELINE);
  }

  @Test
  void theProcessorOfThisMachineIsRecognized() {
    assertThat(CpuFeatures.detect()).isNotNull();
  }

  @Test
  void theBuildsAreNamedAsTheirJarsAre() {
    assertThat(AVX512.extension()).isEqualTo("-avx512");
    assertThat(AVX2.extension()).isEqualTo("-avx2");
    assertThat(BASELINE.extension()).isEmpty();
    assertThat(AVX512.label()).isEqualTo("AVX-512");
  }
}
