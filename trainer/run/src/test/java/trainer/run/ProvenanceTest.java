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
        List.of(new Provenance.CorpusFile("a.txt", "0".repeat(64), 93_000, "lines", 12)),
        Instant.parse("2026-03-01T12:00:00.9Z"));
  }

  @Test
  void namesProgramMachineAndCommand() {
    Provenance provenance = collected();
    assertThat(provenance.deeplearning4j()).isEqualTo("unknown"); // not on this class path
    assertThat(provenance.build().version()).matches("\\d+\\.\\d+\\.\\d+.*");
    assertThat(provenance.machine().cores()).isPositive();
    assertThat(provenance.machine().processor()).isNotBlank();
    assertThat(provenance.json())
        .contains("\"started\" : \"2026-03-01T12:00:00Z\"")
        .contains("\"seed\" : 7")
        .contains("\"unknown_characters\" : 12")
        .contains("\"sha256\" : \"" + "0".repeat(64) + "\"");
    String user = System.getProperty("user.name");
    assertThat(provenance.json().replace(directory.toString(), ""))
        .doesNotContain("\"" + user + "\"")
        .doesNotContain(System.getProperty("user.home") + "/");
  }

  @Test
  void withoutUnknownCharactersThereIsNoCount() {
    String early = collected().json().replaceFirst(",\\s*\"unknown_characters\" : 12", "");
    assertThat(early).doesNotContain("unknown_characters");
    assertThat(Provenance.parse(early, "provenance.json").corpus().get(0).unknown()).isZero();
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

  /** Checkpoints are compared byte by byte, and old ones must be readable. */
  @Test
  void isWrittenAsItAlwaysWas() {
    String text =
        """
        {
          "program" : "trainer 1.0.0",
          "version" : "1.0.0",
          "commit" : "98d73f1",
          "uncommitted_changes" : false,
          "deeplearning4j" : "1.0.0-M2.1",
          "engine" : "cpu (oneDNN 2.5.2, AVX-512, 2 threads)",
          "device" : "Intel(R) Xeon(R) Processor",
          "java" : "OpenJDK 64-Bit Server VM 17.0.15+6-Debian-1deb12u1 (Debian)",
          "system" : "Linux 6.18 amd64",
          "processor" : "Intel(R) Xeon(R) Processor",
          "cores" : 2,
          "command" : [ "train", "configs/tiny.yml", "--set", "a=\\"ü\\"" ],
          "seed" : -42,
          "corpus" : [ {
            "path" : "/tmp/old/datasets/shakespeare.txt",
            "sha256" : "558c3a1727332f16a08f792de8ed4c4379d4a3bb4dbb4072e66ed51696fa64ab",
            "characters" : 250135
          } ],
          "started" : "2026-11-29T03:01:27Z",
          "resumed" : [ {
            "time" : "2026-11-29T03:01:38Z",
            "iteration" : 6,
            "commit" : "98d73f1",
            "engine" : "cpu (oneDNN 2.5.2, AVX-512, 2 threads)",
            "device" : "Intel(R) Xeon(R) Processor",
            "command" : [ "train" ]
          } ]
        }
        """;
    assertThat(Provenance.parse(text, "it").json()).isEqualTo(text);
    String fresh = text.replaceAll("(?s)\"resumed\" : .*", "\"resumed\" : [ ]\n}\n");
    assertThat(Provenance.parse(fresh, "it").json()).isEqualTo(fresh);
  }

  @Test
  void refusesMalformedFiles() {
    assertThatExceptionOfType(RunException.class)
        .isThrownBy(() -> Provenance.parse("{}", "a/provenance.json"))
        .withMessageStartingWith("a/provenance.json has no '")
        .withMessageEndingWith("': restore it from a copy, or train the run again");
    String json = collected().json();
    assertThatExceptionOfType(RunException.class)
        .isThrownBy(() -> Provenance.parse(json.replace("2026-03-01T12", "yesterday"), "a"))
        .withMessageContaining("'started' is \"yesterday:00:00Z\", not a time in ISO 8601");
    String without = json.replaceAll("(?s)\"corpus\" : \\[.*?\\]", "\"corpus\" : []");
    assertThatExceptionOfType(RunException.class)
        .isThrownBy(() -> Provenance.parse(without, "a/provenance.json"))
        .withMessage(
            "a/provenance.json: 'corpus' is [], not a list of at least one file: restore it from a"
                + " copy, or train the run again");
    assertThatExceptionOfType(RunException.class)
        .isThrownBy(() -> Provenance.parse(json.replace("93000", "-1"), "a"))
        .withMessageStartingWith("a: 'characters' is -1, not a whole number of at least 0: ");
    assertThatExceptionOfType(RunException.class)
        .isThrownBy(() -> Provenance.parse(json.replace("93000", "\"many\""), "a"))
        .withMessageStartingWith("a: 'corpus[0].characters' is \"many\", not a whole number: ");
    assertThatExceptionOfType(RunException.class)
        .isThrownBy(() -> Provenance.parse(json.replace("\"characters\"", "\"c\""), "a"))
        .withMessageStartingWith("a has no 'corpus[0].characters': ");
  }
}
