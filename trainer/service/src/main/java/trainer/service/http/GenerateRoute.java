package trainer.service.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import io.javalin.http.HttpStatus;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.io.content.AsyncContent;
import org.eclipse.jetty.util.Callback;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import trainer.run.RunDirectory;
import trainer.service.Threads;
import trainer.service.program.Errors;
import trainer.service.program.Program;
import trainer.service.registry.ModelVersion;
import trainer.service.registry.Registry;
import trainer.service.runs.Run;
import trainer.service.runs.RunFiles;
import trainer.service.runs.Runs;
import trainer.service.worker.Slot;

/**
 * Generates text with the model of a run or registered version. Each request starts a process,
 * which isolates the service from a model's crashes and memory use.
 */
final class GenerateRoute implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(GenerateRoute.class);
  private static final int BODY_BYTES = 64 * 1024;
  private static final int MOST_CHARACTERS = 20_000;
  private static final long USUAL_CHARACTERS = 500;
  private static final int MOST_PROMPT = 10_000;
  private static final double USUAL_TEMPERATURE = 0.8;
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
  private final Answers answers;
  private final Quota quota =
      new Quota(
          AT_A_TIME,
          5,
          "%d texts are being generated, the limit: retry in a few seconds".formatted(AT_A_TIME));
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(Threads.daemons("generation clock"));

  /**
   * @param program is started as {@code sample RUN}
   */
  GenerateRoute(Runs runs, RunFiles files, Registry registry, Program program, Answers answers) {
    this.runs = runs;
    this.registry = registry;
    this.files = files;
    this.program = program;
    this.answers = answers;
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
              generate(
                  context,
                  registry.directory(version),
                  () -> ModelRoutes.checked(version, registry));
            }));
  }

  /**
   * @param check called after a failure; refuses if the model is damaged
   */
  @SuppressWarnings("try") // held until the process has ended
  private void generate(Context context, RunDirectory model, Runnable check) throws IOException {
    ObjectNode body = ApiJson.parse(RequestBody.read(context, BODY_BYTES), KEYS);
    List<String> arguments = arguments(model, body);
    String prompt = prompt(body);
    try (Quota.Held held = quota.take(context)) {
      write(context, arguments, prompt, check);
    }
  }

  private static List<String> arguments(RunDirectory model, ObjectNode body) {
    List<String> arguments = new ArrayList<>();
    arguments.add("sample");
    arguments.add(model.path().toString());
    arguments.add(
        "--length=" + ApiJson.whole(body, "length", USUAL_CHARACTERS, 0, MOST_CHARACTERS));
    arguments.add("--temperature=" + temperature(body));
    arguments.add("--top-k=" + ApiJson.whole(body, "top_k", 0L, 0, Integer.MAX_VALUE));
    arguments.add("--top-p=" + topP(body));
    if (body.hasNonNull("seed")) {
      arguments.add("--seed=" + ApiJson.whole(body, "seed", null, Long.MIN_VALUE, Long.MAX_VALUE));
    }
    arguments.add("--prompt=-"); // an argument is visible to others, and depends on the locale
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
    if (!prompt.isTextual() || prompt.textValue().length() > MOST_PROMPT) {
      throw ApiJson.wrong("prime", "text of at most %,d characters".formatted(MOST_PROMPT));
    }
    if (!StandardCharsets.UTF_8.newEncoder().canEncode(prompt.textValue())) {
      throw ApiJson.wrong("prime", "text without half of a surrogate pair");
    }
    return prompt.textValue();
  }

  private static double temperature(ObjectNode body) {
    JsonNode value = body.path("temperature");
    if (value.isMissingNode() || value.isNull()) {
      return USUAL_TEMPERATURE;
    }
    if (!value.isNumber()
        || !(value.doubleValue() >= 0 && value.doubleValue() <= MOST_TEMPERATURE)) {
      throw ApiJson.wrong("temperature", "a number from 0 to %s".formatted(MOST_TEMPERATURE));
    }
    return value.doubleValue();
  }

  private static double topP(ObjectNode body) {
    JsonNode value = body.path("top_p");
    if (value.isMissingNode() || value.isNull()) {
      return 1;
    }
    if (!value.isNumber() || !(value.doubleValue() > 0 && value.doubleValue() <= 1)) {
      throw ApiJson.wrong("top_p", "a number greater than 0 and at most 1");
    }
    return value.doubleValue();
  }

  private void write(Context context, List<String> arguments, String prompt, Runnable check)
      throws IOException {
    ProcessBuilder builder = program.process(arguments);
    new Slot.Cpu().prepare(builder.environment()); // GPUs are for training
    Process process = builder.start();
    // It fits into the pipe, so that a process that does not read it blocks nothing.
    try (OutputStream input = process.getOutputStream()) {
      input.write(prompt.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      LOG.debug("the process has ended already, and its error is reported below", e);
    }
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
      // At most 20,000 characters wait in memory for a slow client, but not the process.
      try (AsyncContent text = new AsyncContent()) {
        CompletableFuture<Void> sent = answers.stream(context, text);
        boolean held = false; // drop the final newline, which is for terminals
        for (; read >= 0 && !sent.isDone(); read = in.read(block)) {
          ByteBuffer bytes = ByteBuffer.allocate(read + 1);
          if (held) {
            bytes.put((byte) '\n');
          }
          held = block[read - 1] == '\n';
          bytes.put(block, 0, held ? read - 1 : read);
          text.write(false, bytes.flip(), Callback.NOOP);
        }
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
