package trainer.service.schedule;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import trainer.run.RunDirectory;
import trainer.service.Threads;
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
  private static final int MOST_BYTES = 1 << 20;
  private static final int REFUSED = 2;
  private static final String CORPUS = "--corpus=";
  private static final Set<Integer> STOPPED = Set.of(130, 143); // by SIGINT, SIGTERM

  private final Program program;
  private final DatasetRoots datasets;
  private final Set<Process> running = ConcurrentHashMap.newKeySet();
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
      return run(arguments);
    } catch (IOException e) {
      throw new FailedException("it cannot be started: " + e.getMessage(), true);
    }
  }

  private Score run(List<String> arguments) throws IOException {
    ProcessBuilder builder = program.process(arguments);
    new Slot.Cpu().prepare(builder.environment()); // GPUs are for training
    Process process = builder.start();
    CompletableFuture<String> out = read(process.getInputStream());
    CompletableFuture<String> err = read(process.getErrorStream());
    running.add(process);
    try {
      process.getOutputStream().close();
      if (closed || !process.waitFor(MOST_HOURS, TimeUnit.HOURS)) {
        process.destroyForcibly();
        throw closed
            ? new CancellationException("the service stops")
            : new FailedException("it took more than %d hours".formatted(MOST_HOURS), false);
      }
    } catch (InterruptedException e) {
      throw new AssertionError("this thread is never interrupted", e);
    } finally {
      running.remove(process);
    }
    int code = process.exitValue();
    if (closed || STOPPED.contains(code)) {
      throw new CancellationException("its process was stopped by a signal");
    }
    if (code != 0) {
      String error = Errors.in(err.join()).orElse("'evaluate' ended with exit code " + code);
      throw new FailedException(error, code != REFUSED);
    }
    return score(out.join());
  }

  /** Reads output while the process runs; beyond a bound it is dropped. */
  private static CompletableFuture<String> read(InputStream stream) {
    return CompletableFuture.supplyAsync(
        () -> {
          try (stream) {
            byte[] kept = stream.readNBytes(MOST_BYTES);
            stream.transferTo(OutputStream.nullOutputStream());
            return new String(kept, StandardCharsets.UTF_8);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        },
        task -> Threads.daemons("evaluation-output").newThread(task).start());
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

  @Override
  public void close() {
    closed = true;
    running.forEach(Process::destroyForcibly);
  }
}
