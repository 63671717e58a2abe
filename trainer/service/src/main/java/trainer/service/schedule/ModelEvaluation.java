package trainer.service.schedule;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import trainer.run.RunDirectory;
import trainer.service.datasets.DatasetRoots;
import trainer.service.program.Errors;
import trainer.service.program.Program;
import trainer.service.worker.Slot;

/**
 * Evaluates models with the command {@code evaluate}, each in its own process, which isolates the
 * service from a model's crashes and memory use.
 */
final class ModelEvaluation implements Evaluation {
  private static final Logger LOG = LoggerFactory.getLogger(ModelEvaluation.class);
  private static final long MOST_HOURS = 6;
  private static final int REFUSED = 2;
  private static final String CORPUS = "--corpus=";
  private static final Set<Integer> STOPPED = Set.of(130, 143); // by SIGINT, SIGTERM

  private final Program program;
  private final DatasetRoots datasets;
  private volatile Process process;
  private volatile boolean closed;

  /**
   * @param program is started as {@code evaluate RUN}
   * @param datasets the only folders of texts, besides that of a copy
   */
  ModelEvaluation(Program program, DatasetRoots datasets) {
    this.program = program;
    this.datasets = datasets;
  }

  @Override
  public Score of(RunDirectory model, RunDirectory like, String text) {
    List<String> arguments = new ArrayList<>();
    arguments.addAll(
        List.of(
            "evaluate",
            model.path().toString(),
            "--like=" + like.path(),
            text,
            "--unknown=replace",
            "--json"));
    arguments.addAll(datasets.options());
    if (text.startsWith(CORPUS)) {
      arguments.add("--confine=" + Path.of(text.substring(CORPUS.length())).getParent());
    }
    try {
      Path out = Files.createTempFile("evaluation", ".json");
      Path err = Files.createTempFile("evaluation", ".log");
      try {
        return run(arguments, out, err);
      } finally {
        Files.deleteIfExists(out);
        Files.deleteIfExists(err);
      }
    } catch (IOException e) {
      throw new FailedException("it cannot be started: " + e.getMessage(), true);
    }
  }

  private Score run(List<String> arguments, Path out, Path err) throws IOException {
    ProcessBuilder builder =
        program.process(arguments).redirectOutput(out.toFile()).redirectError(err.toFile());
    new Slot.Cpu().prepare(builder.environment()); // GPUs are for training
    Process started = builder.start();
    process = started;
    try {
      started.getOutputStream().close();
      if (!closed && !started.waitFor(MOST_HOURS, TimeUnit.HOURS)) {
        throw new FailedException("it took more than %d hours".formatted(MOST_HOURS), false);
      }
    } catch (InterruptedException e) {
      throw new AssertionError("this thread is never interrupted", e);
    } finally {
      started.destroyForcibly();
      process = null;
    }
    if (closed || STOPPED.contains(started.exitValue())) {
      throw new CancellationException("its process was stopped by a signal");
    }
    if (started.exitValue() != 0) {
      throw new FailedException(error(err, started.exitValue()), started.exitValue() != REFUSED);
    }
    return score(Files.readString(out));
  }

  private static Score score(String json) {
    try {
      JsonNode node = new JsonMapper().readTree(json);
      JsonNode loss = node.path("nats_per_character");
      JsonNode unigrams = node.path("unigram_nats_per_character");
      if (node.path("sha256").isTextual()) {
        return new Score(
            loss.isNumber() ? loss.doubleValue() : Double.NaN,
            node.path("characters").asLong(),
            node.path("unknown_characters").asLong(),
            node.path("sha256").textValue(),
            unigrams.isNumber() ? unigrams.doubleValue() : null);
      }
    } catch (JsonProcessingException e) {
      LOG.debug("not JSON", e);
    }
    throw new FailedException("'evaluate' printed no figures", false);
  }

  private static String error(Path err, int code) throws IOException {
    return Errors.in(new String(Files.readAllBytes(err), StandardCharsets.UTF_8))
        .orElse("'evaluate' ended with exit code " + code);
  }

  @Override
  public void close() {
    closed = true;
    Process running = process;
    if (running != null) {
      running.destroyForcibly();
    }
  }
}
