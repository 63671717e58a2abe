package trainer.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.tuple;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProvenanceTest {
  @TempDir Path directory;

  private static Provenance collected() {
    return Provenance.collect(
        "nd4j (OpenBLAS, AVX2, 2 threads)",
        "CPU",
        List.of("train", "configs/a.yml", "--set", "seed=7"),
        7,
        List.of(new Provenance.CorpusFile("a.txt", "0".repeat(64), 93_000)),
        Instant.parse("2026-03-01T12:00:00.9Z"));
  }

  @Test
  void saysWhatMadeTheRun() {
    Provenance provenance = collected();
    assertThat(provenance.build().version()).matches("\\d+\\.\\d+\\.\\d+.*");
    assertThat(provenance.machine().cores()).isPositive();
    assertThat(provenance.machine().processor()).isNotBlank();
    assertThat(provenance.json())
        .contains("\"started\" : \"2026-03-01T12:00:00Z\"")
        .contains("\"seed\" : 7")
        .contains("\"sha256\" : \"" + "0".repeat(64) + "\"");
    String user = System.getProperty("user.name");
    assertThat(provenance.json().replace(directory.toString(), ""))
        .doesNotContain("\"" + user + "\"")
        .doesNotContain(System.getProperty("user.home") + "/");
  }

  @Test
  void readsBackWithEveryResumption() {
    Provenance twice =
        collected()
            .resumedAt(
                500,
                "nd4j",
                "a processor",
                List.of("train", "configs/a.yml"),
                Instant.parse("2026-03-02T00:00:00Z"))
            .resumedAt(
                900,
                "cuda",
                "a GPU",
                List.of("train", "b.yml"),
                Instant.parse("2026-03-03T00:00:00Z"));
    assertThat(Provenance.parse(twice.json(), "provenance.json")).isEqualTo(twice);
    assertThat(twice.resumed())
        .extracting(Provenance.Resumption::engine, Provenance.Resumption::device)
        .containsExactly(tuple("nd4j", "a processor"), tuple("cuda", "a GPU"));
  }

  @Test
  void readsARunWhoseResumptionsDoNotNameTheirDevice() {
    Provenance resumed =
        collected().resumedAt(500, "cpu", "a processor", List.of("train"), Instant.EPOCH);
    String older = resumed.json().replace("\"device\" : \"a processor\",", "");
    assertThat(Provenance.parse(older, "provenance.json").resumed())
        .extracting(Provenance.Resumption::device)
        .containsExactly("unknown");
  }

  @Test
  void refusesWhatIsNone() {
    assertThatExceptionOfType(RunException.class)
        .isThrownBy(() -> Provenance.parse("{}", "a/provenance.json"))
        .withMessage(
            "a/provenance.json has no 'version': restore it from a copy, or train the run anew");
    String json = collected().json();
    assertThatExceptionOfType(RunException.class)
        .isThrownBy(() -> Provenance.parse(json.replace("2026-03-01T12", "yesterday"), "a"))
        .withMessageContaining("'started' is \"yesterday:00:00Z\", not a time in ISO 8601");
    String without = json.replaceAll("(?s)\"corpus\" : \\[.*?\\]", "\"corpus\" : []");
    assertThatExceptionOfType(RunException.class)
        .isThrownBy(() -> Provenance.parse(without, "a/provenance.json"))
        .withMessage(
            "a/provenance.json: 'corpus' is [], not a list of at least one file: restore it from a"
                + " copy, or train the run anew");
  }
}
