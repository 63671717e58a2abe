package trainer.service.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import io.javalin.http.HttpStatus;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import trainer.run.RunDirectory;
import trainer.service.Threads;
import trainer.service.program.Errors;
import trainer.service.program.Program;
import trainer.service.registry.ModelVersion;
import trainer.service.registry.Registry;
import trainer.service.registry.RegistryException;
import trainer.service.runs.Run;
import trainer.service.runs.RunFiles;
import trainer.service.runs.Runs;
import trainer.service.worker.Slot;

/**
 * Generates text with the model of a run or registered version. Each request starts a process,
 * which isolates the service from a model's crashes and memory use.
 */
final class GenerateRoute implements AutoCloseable {
  private static final int BODY_BYTES = 64 * 1024;
  private static final int MOST_CHARACTERS = 20_000;
  private static final long USUAL_CHARACTERS = 500;
  private static final int MOST_PROMPT = 10_000;
  private static final double MOST_TEMPERATURE = 100;
  private static final int AT_A_TIME = 2;
  private static final long MOST_SECONDS = 300;
  private static final int MESSAGE_BYTES = 8192;
  private static final Set<String> KEYS =
      Set.of("prime", "length", "temperature", "top_k", "top_p", "seed");

  private final Runs runs;
  private final RunFiles files;
  private final Registry registry;
  private final Program program;
  private final Semaphore free = new Semaphore(AT_A_TIME);
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(Threads.daemons("generation clock"));

  /**
   * @param program is started as {@code sample RUN}
   */
  GenerateRoute(Runs runs, RunFiles files, Registry registry, Program program) {
    this.runs = runs;
    this.registry = registry;
    this.files = files;
    this.program = program;
  }

  List<Route> routes() {
    return List.of(
        new Route(
            HandlerType.POST,
            Api.RUN + "/generate",
            Access.READ,
            context -> generate(context, directory(Api.run(context, runs)), () -> {})),
        ModelRoutes.route(
            HandlerType.POST,
            Api.VERSION + "/generate",
            Access.READ,
            context -> {
              ModelVersion version = ModelRoutes.version(context, registry);
              generate(context, registry.directory(version), () -> check(version));
            }));
  }

  private void check(ModelVersion version) {
    try {
      registry.checked(version);
    } catch (RegistryException e) {
      throw new ApiProblem(HttpStatus.INTERNAL_SERVER_ERROR, e.getMessage());
    }
  }

  /**
   * @param check called after a failure; refuses if the model is damaged
   */
  private void generate(Context context, RunDirectory model, Runnable check) throws IOException {
    List<String> arguments =
        arguments(model, ApiJson.parse(RequestBody.read(context, BODY_BYTES), KEYS));
    if (!free.tryAcquire()) {
      context.header("Retry-After", "5");
      throw new ApiProblem(
          HttpStatus.SERVICE_UNAVAILABLE,
          "%d texts are being generated, the limit: retry in a few seconds".formatted(AT_A_TIME));
    }
    try {
      write(context, arguments, check);
    } finally {
      free.release();
    }
  }

  private static List<String> arguments(RunDirectory model, ObjectNode body) {
    List<String> arguments = new ArrayList<>();
    arguments.add("sample");
    arguments.add(model.path().toString());
    arguments.add(
        "--length=" + ApiJson.whole(body, "length", USUAL_CHARACTERS, 0, MOST_CHARACTERS));
    arguments.add("--temperature=" + real(body, "temperature", 0.8, MOST_TEMPERATURE));
    arguments.add("--top-k=" + ApiJson.whole(body, "top_k", 0L, 0, Integer.MAX_VALUE));
    arguments.add("--top-p=" + real(body, "top_p", 1, 1));
    if (body.hasNonNull("seed")) {
      arguments.add("--seed=" + ApiJson.whole(body, "seed", null, Long.MIN_VALUE, Long.MAX_VALUE));
    }
    String prompt = prompt(body);
    if (!prompt.isEmpty()) {
      arguments.add("--prime=" + prompt);
    }
    return arguments;
  }

  private RunDirectory directory(Run run) {
    RunDirectory directory = files.newest(run);
    boolean trained =
        directory.best().toFile().isFile()
            || directory.latest().toFile().isFile()
            || directory.model().toFile().isFile();
    if (!trained) {
      throw new ApiProblem(
          HttpStatus.CONFLICT, "%s has no checkpoint yet: wait for its first".formatted(run.id()));
    }
    return directory;
  }

  private static String prompt(ObjectNode body) {
    JsonNode prompt = body.path("prime");
    if (prompt.isMissingNode() || prompt.isNull()) {
      return "";
    }
    if (!prompt.isTextual()
        || prompt.textValue().length() > MOST_PROMPT
        || prompt.textValue().indexOf('\0') >= 0) {
      throw ApiJson.wrong(
          "prime", "text of at most %,d characters, without NUL".formatted(MOST_PROMPT));
    }
    return prompt.textValue();
  }

  private static double real(ObjectNode body, String key, double otherwise, double most) {
    JsonNode value = body.path(key);
    if (value.isMissingNode() || value.isNull()) {
      return otherwise;
    }
    if (!value.isNumber() || !(value.doubleValue() > 0) || value.doubleValue() > most) {
      throw ApiJson.wrong(key, "a number greater than 0 and at most %s".formatted(most));
    }
    return value.doubleValue();
  }

  private void write(Context context, List<String> arguments, Runnable check) throws IOException {
    ProcessBuilder builder = program.process(arguments);
    new Slot.Cpu().prepare(builder.environment()); // GPUs are for training
    Process process = builder.start();
    process.getOutputStream().close();
    ScheduledFuture<?> limit =
        clock.schedule(process::destroyForcibly, MOST_SECONDS, TimeUnit.SECONDS);
    try (InputStream in = process.getInputStream()) {
      byte[] block = new byte[BODY_BYTES];
      int read = in.read(block);
      if (read < 0) {
        check.run();
        throw failed(process);
      }
      context.contentType("text/plain; charset=utf-8");
      // The context's own stream would buffer for compression.
      OutputStream out = context.res().getOutputStream();
      boolean held = false; // drop the final newline, which is for terminals
      // If the client disconnects, the IOException ends the process.
      for (; read >= 0; read = in.read(block)) {
        if (held) {
          out.write('\n');
        }
        held = block[read - 1] == '\n';
        out.write(block, 0, held ? read - 1 : read);
        out.flush();
      }
    } finally {
      limit.cancel(false);
      process.destroyForcibly();
    }
  }

  /** The program's error: about the request if it names an option, else about the model. */
  private static ApiProblem failed(Process process) throws IOException {
    String message =
        new String(process.getErrorStream().readNBytes(MESSAGE_BYTES), StandardCharsets.UTF_8);
    String error = Errors.in(message).orElse("the model generated nothing");
    return new ApiProblem(
        error.startsWith("--")
            ? HttpStatus.UNPROCESSABLE_CONTENT
            : HttpStatus.INTERNAL_SERVER_ERROR,
        error.replaceFirst("^--pr(ime|ompt): ", "prime: "));
  }

  @Override
  public void close() {
    clock.shutdownNow();
  }
}
