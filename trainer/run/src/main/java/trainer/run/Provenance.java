package trainer.run;

import com.fasterxml.jackson.annotation.JsonGetter;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;

/**
 * provenance.json: program, machine, command and data of a run, to repeat it. It contains neither
 * the user's name nor environment variables.
 *
 * @param build version of the program
 * @param deeplearning4j version of DL4J and ND4J
 * @param engine description, such as {@code nd4j (OpenBLAS, AVX-512, 2 threads)}
 * @param device model of the processor or GPU
 * @param machine Java, operating system and processor
 * @param command the command line, by argument
 * @param corpus the files of the training text, in order
 * @param started time of the first start
 * @param resumed later starts, in order
 */
@JsonPropertyOrder("program")
@JsonIgnoreProperties(ignoreUnknown = true)
public record Provenance(
    @JsonUnwrapped Build build,
    String deeplearning4j,
    String engine,
    String device,
    @JsonUnwrapped Platform machine,
    List<String> command,
    long seed,
    List<CorpusFile> corpus,
    Instant started,
    List<Resumption> resumed) {

  public Provenance {
    if (corpus.isEmpty()) {
      throw new IllegalArgumentException("'corpus' is [], not a list of at least one file");
    }
    command = List.copyOf(command);
    corpus = List.copyOf(corpus);
    resumed = List.copyOf(resumed);
  }

  /**
   * Java, operating system and processor.
   *
   * @param cores available to the process
   */
  public record Platform(String java, String system, String processor, int cores) {
    public Platform {
      RunFileJson.checkCount("cores", cores);
    }
  }

  /**
   * A file of the training text.
   *
   * @param path as in the configuration
   * @param characters code points
   * @param shuffle {@code lines}: shuffled with the seed; empty: in the order of the file
   * @param unknown those outside the vocabulary; not written if there are none
   */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record CorpusFile(
      String path,
      String sha256,
      long characters,
      @JsonInclude(JsonInclude.Include.NON_EMPTY) String shuffle,
      @JsonProperty("unknown_characters") @JsonInclude(JsonInclude.Include.NON_DEFAULT)
          long unknown) {
    public CorpusFile {
      RunFileJson.checkCount("characters", characters);
      RunFileJson.checkCount("unknown_characters", unknown);
    }
  }

  /**
   * A later start of the same run.
   *
   * @param iteration of the checkpoint it resumed from
   * @param commit of the program
   * @param engine used from then on
   * @param device model of its processor or GPU
   */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Resumption(
      Instant time,
      int iteration,
      String commit,
      String engine,
      String device,
      List<String> command) {
    public Resumption {
      RunFileJson.checkCount("iteration", iteration);
      command = List.copyOf(command);
    }
  }

  /** The provenance of a run that starts now in this process. */
  public static Provenance collect(
      String engine,
      String device,
      List<String> command,
      long seed,
      List<CorpusFile> corpus,
      Instant now) {
    return new Provenance(
        Build.ofThisProgram(),
        Build.versionOfDeeplearning4j(),
        engine,
        device,
        new Platform(
            Machine.virtualMachine(),
            Machine.operatingSystem(),
            Machine.processor(),
            Machine.cores()),
        command,
        seed,
        corpus,
        now.truncatedTo(ChronoUnit.SECONDS),
        List.of());
  }

  /** Adds a resumption by this program. */
  public Provenance resumedAt(
      int iteration,
      String resumedEngine,
      String resumedDevice,
      List<String> resumedCommand,
      Instant now) {
    List<Resumption> starts = new ArrayList<>(resumed);
    starts.add(
        new Resumption(
            now.truncatedTo(ChronoUnit.SECONDS),
            iteration,
            Build.ofThisProgram().describedCommit(),
            resumedEngine,
            resumedDevice,
            resumedCommand));
    return new Provenance(
        build, deeplearning4j, engine, device, machine, command, seed, corpus, started, starts);
  }

  /** Whether the run was trained on a text with this SHA-256. */
  public boolean wasTrainedOn(String sha256) {
    return corpus.stream().anyMatch(file -> file.sha256().equals(sha256));
  }

  /** The file's text. */
  public String json() {
    return RunFileJson.text(this);
  }

  /** The first key of the file. */
  @JsonGetter("program")
  public String program() {
    return "trainer " + build.version();
  }

  /**
   * Reads what {@link #json} wrote.
   *
   * @param name of the file, for messages
   * @throws RunException if it is damaged
   */
  public static Provenance parse(String text, String name) {
    try {
      ObjectNode node = RunFileJson.parse(text, name);
      for (JsonNode resumption : node.path("resumed")) {
        if (resumption instanceof ObjectNode object) {
          object.putIfAbsent("device", TextNode.valueOf("unknown")); // early versions lack it
        }
      }
      for (JsonNode file : node.path("corpus")) {
        if (file instanceof ObjectNode object) {
          object.putIfAbsent("shuffle", TextNode.valueOf("")); // left out if empty
          object.putIfAbsent("unknown_characters", LongNode.valueOf(0)); // left out if 0
        }
      }
      return RunFileJson.read(node, Provenance.class, name);
    } catch (DamagedException e) {
      throw new RunException(
          e.getMessage() + ": restore it from a copy, or train the run again", e);
    }
  }
}
