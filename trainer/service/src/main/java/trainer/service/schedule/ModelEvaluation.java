package trainer.service.schedule;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import trainer.run.RunDirectory;
import trainer.service.program.Program;
import trainer.service.worker.Slot;

/**
 * Measures models with {@code evaluate}, each in a process of its own: neither a crash nor the
 * memory of a model concerns the service.
 */
final class ModelEvaluation implements AutoCloseable {
  private static final long MOST_HOURS = 6;
  private static final int ERROR_CHARACTERS = 2000;
  private static final Set<Integer> STOPPED = Set.of(130, 143); // by SIGINT, SIGTERM

  private final Program program;
  private volatile Process process;
  private volatile boolean closed;

  /**
   * @param program that is asked to {@code evaluate RUN}
   */
  ModelEvaluation(Program program) {
    this.program = program;
  }

  /** A model cannot be measured; the message says why. */
  static final class FailedException extends RuntimeException {
    private static final long serialVersionUID = 1;

    FailedException(String message) {
      super(message);
    }
  }

  /**
   * What was measured.
   *
   * @param loss nats per character
   * @param characters that were predicted
   * @param text name of the text
   */
  record Score(double loss, long characters, String text) {}

  /**
   * Measures a model as another one is measured, so that the two can be compared.
   *
   * @param text {@code --split=PART} or {@code --corpus=FILE}
   * @throws FailedException if it cannot be
   * @throws CancellationException if the process is asked to end, as all of a service may be
   */
  Score of(RunDirectory model, RunDirectory like, String text) {
    List<String> arguments =
        List.of("evaluate", model.path().toString(), "--like=" + like.path(), text, "--json");
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
      throw new FailedException("it cannot be started: " + e.getMessage());
    }
  }

  private Score run(List<String> arguments, Path out, Path err) throws IOException {
    ProcessBuilder builder =
        program.process(arguments).redirectOutput(out.toFile()).redirectError(err.toFile());
    new Slot.Cpu().prepare(builder.environment()); // the GPUs are for what is trained there
    Process started = builder.start();
    process = started;
    try {
      started.getOutputStream().close();
      if (closed || !started.waitFor(MOST_HOURS, TimeUnit.HOURS)) {
        throw new FailedException("it took more than %d hours".formatted(MOST_HOURS));
      }
    } catch (InterruptedException e) {
      throw new AssertionError("nobody interrupts this thread", e);
    } finally {
      started.destroyForcibly();
      process = null;
    }
    if (STOPPED.contains(started.exitValue())) {
      throw new CancellationException("its process was stopped by a signal");
    }
    if (started.exitValue() != 0) {
      throw new FailedException(error(err, started.exitValue()));
    }
    return score(Files.readString(out));
  }

  private static Score score(String json) {
    try {
      JsonNode node = new JsonMapper().readTree(json);
      JsonNode loss = node.path("nats_per_character");
      return new Score(
          loss.isNumber() ? loss.doubleValue() : Double.NaN,
          node.path("characters").asLong(),
          node.path("text").asText());
    } catch (JsonProcessingException e) {
      throw new FailedException("'evaluate' printed no figures");
    }
  }

  private static String error(Path err, int code) throws IOException {
    String text = "\n" + new String(Files.readAllBytes(err), StandardCharsets.UTF_8);
    int start = text.lastIndexOf("\nerror: ");
    String message =
        start < 0 ? "'evaluate' ended with exit code " + code : text.substring(start + 8).strip();
    return message.length() > ERROR_CHARACTERS
        ? message.substring(0, ERROR_CHARACTERS) + "…"
        : message;
  }

  boolean isClosed() {
    return closed;
  }

  /** Ends the work that is going on; it fails. */
  @Override
  public void close() {
    closed = true;
    Process running = process;
    if (running != null) {
      running.destroyForcibly();
    }
  }
}
