package trainer.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;

/**
 * provenance.json: what made a run, so that a stranger can repeat it. It holds neither the user's
 * name nor the environment.
 *
 * @param build the program
 * @param deeplearning4j version of DL4J and ND4J
 * @param engine what computes, such as {@code nd4j (OpenBLAS, AVX-512, 2 threads)}
 * @param device what it computes on, such as the processor's or the GPU's model
 * @param machine what the process runs on
 * @param command the command line, word by word
 * @param seed of the run
 * @param corpus the files trained on, in order
 * @param started when the run first started
 * @param resumed each later start, in order
 */
public record Provenance(
    Build build,
    String deeplearning4j,
    String engine,
    String device,
    Platform machine,
    List<String> command,
    long seed,
    List<CorpusFile> corpus,
    Instant started,
    List<Resumption> resumed) {

  private static final String UNKNOWN = "unknown"; // to versions that did not write it down

  public Provenance {
    command = List.copyOf(command);
    corpus = List.copyOf(corpus);
    resumed = List.copyOf(resumed);
  }

  /**
   * Java, operating system and processor.
   *
   * @param cores that the process may use
   */
  public record Platform(String java, String system, String processor, int cores) {}

  /**
   * A file that was trained on.
   *
   * @param path as the configuration names it
   * @param characters code points
   */
  public record CorpusFile(String path, String sha256, long characters) {}

  /**
   * A later start of the same run.
   *
   * @param iteration where it went on
   * @param commit of the program that did
   * @param engine that computed from then on
   * @param device that it computed on
   */
  public record Resumption(
      Instant time,
      int iteration,
      String commit,
      String engine,
      String device,
      List<String> command) {
    public Resumption {
      command = List.copyOf(command);
    }
  }

  /** The provenance of a run that starts now, in this process, on this machine. */
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

  /** The same run, started again by this program. */
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

  /** Whether a text with this SHA-256 is what the run was trained on. */
  public boolean wasTrainedOn(String sha256) {
    return corpus.stream().anyMatch(file -> file.sha256().equals(sha256));
  }

  /** The file's text. */
  public String json() {
    ObjectNode node = Json.object();
    node.put("program", "trainer " + build.version());
    node.put("version", build.version());
    node.put("commit", build.commit());
    node.put("uncommitted_changes", build.dirty());
    node.put("deeplearning4j", deeplearning4j);
    node.put("engine", engine);
    node.put("device", device);
    node.put("java", machine.java());
    node.put("system", machine.system());
    node.put("processor", machine.processor());
    node.put("cores", machine.cores());
    node.set("command", Json.tree(command));
    node.put("seed", seed);
    ArrayNode files = node.putArray("corpus");
    for (CorpusFile file : corpus) {
      files
          .addObject()
          .put("path", file.path())
          .put("sha256", file.sha256())
          .put("characters", file.characters());
    }
    node.put("started", started.toString());
    ArrayNode starts = node.putArray("resumed");
    for (Resumption start : resumed) {
      ObjectNode entry = starts.addObject();
      entry.put("time", start.time().toString());
      entry.put("iteration", start.iteration());
      entry.put("commit", start.commit());
      entry.put("engine", start.engine());
      entry.put("device", start.device());
      entry.set("command", Json.tree(start.command()));
    }
    return Json.text(node);
  }

  /**
   * Reads what {@link #json} gave.
   *
   * @param name of the file, for messages
   * @throws RunException if it is not that
   */
  public static Provenance parse(String text, String name) {
    try {
      ObjectNode node = Json.parse(text, name);
      return new Provenance(
          new Build(
              Json.string(node, "version", name),
              Json.string(node, "commit", name),
              Json.required(node, "uncommitted_changes", name).asBoolean()),
          Json.string(node, "deeplearning4j", name),
          Json.string(node, "engine", name),
          Json.string(node, "device", name),
          new Platform(
              Json.string(node, "java", name),
              Json.string(node, "system", name),
              Json.string(node, "processor", name),
              (int) Json.count(node, "cores", name)),
          words(node, name),
          Json.required(node, "seed", name).asLong(),
          corpus(node, name),
          instant(node, "started", name),
          resumed(node, name));
    } catch (IOException e) {
      throw new RunException(e.getMessage() + ": restore it from a copy, or train the run anew", e);
    }
  }

  private static List<CorpusFile> corpus(ObjectNode node, String name) throws DamagedException {
    List<CorpusFile> files = new ArrayList<>();
    for (ObjectNode file : objects(node, "corpus", name)) {
      files.add(
          new CorpusFile(
              Json.string(file, "path", name),
              Json.string(file, "sha256", name),
              Json.count(file, "characters", name)));
    }
    if (files.isEmpty()) {
      throw Json.wrong(name, "corpus", node.get("corpus"), "a list of at least one file");
    }
    return files;
  }

  private static List<Resumption> resumed(ObjectNode node, String name) throws DamagedException {
    List<Resumption> starts = new ArrayList<>();
    for (ObjectNode start : objects(node, "resumed", name)) {
      starts.add(
          new Resumption(
              instant(start, "time", name),
              (int) Json.count(start, "iteration", name),
              Json.string(start, "commit", name),
              Json.string(start, "engine", name),
              start.has("device") ? Json.string(start, "device", name) : UNKNOWN,
              words(start, name)));
    }
    return starts;
  }

  private static List<String> words(ObjectNode node, String name) throws DamagedException {
    List<String> words = new ArrayList<>();
    Json.required(node, "command", name).forEach(word -> words.add(word.asText()));
    return words;
  }

  private static List<ObjectNode> objects(ObjectNode node, String key, String name)
      throws DamagedException {
    List<ObjectNode> objects = new ArrayList<>();
    for (JsonNode element : Json.required(node, key, name)) {
      if (!(element instanceof ObjectNode object)) {
        throw Json.wrong(name, key, element, "a list of objects");
      }
      objects.add(object);
    }
    return objects;
  }

  private static Instant instant(ObjectNode node, String key, String name) throws DamagedException {
    try {
      return Instant.parse(Json.string(node, key, name));
    } catch (DateTimeException e) {
      throw Json.wrong(name, key, node.get(key), "a time in ISO 8601");
    }
  }
}
