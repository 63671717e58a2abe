package trainer.service.http;

import io.javalin.http.HttpStatus;
import java.io.IOException;
import java.time.Duration;
import trainer.run.RunDirectory;
import trainer.service.inference.Frame;
import trainer.service.inference.InferenceProcess;
import trainer.service.inference.InferenceProcess.Call;
import trainer.service.inference.LostProcessException;
import trainer.service.program.Program;
import trainer.service.registry.ModelVersion;
import trainer.service.registry.Registry;
import trainer.service.runs.Run;
import trainer.service.runs.RunFiles;

/** The models of runs and versions, loaded in a process of their own. */
final class Inference implements AutoCloseable {
  private static final int RETRY_SECONDS = 2;
  private static final int TEXTS = 8; // being generated

  private final RunFiles files;
  private final Registry registry;
  private final InferenceProcess process;

  Inference(RunFiles files, Registry registry, Program program) {
    this.files = files;
    this.registry = registry;
    process = new InferenceProcess(program.forInference());
  }

  /** The number of texts that are generated at a time, by all routes together. */
  static Quota texts() {
    return new Quota(
        TEXTS,
        RETRY_SECONDS,
        "%d texts are being generated, the limit: retry in a few seconds".formatted(TEXTS));
  }

  /**
   * A model to use.
   *
   * @param name id of the run, or {@code NAME@VERSION}
   * @param check called after a failure; refuses if the model is damaged
   */
  record Model(String name, RunDirectory directory, Runnable check) {}

  /**
   * The best checkpoint of a run.
   *
   * @throws ApiProblem 409 if it has none yet
   */
  Model of(Run run) {
    RunDirectory directory = files.newest(run);
    if (!isTrained(directory)) {
      throw new ApiProblem(
          HttpStatus.CONFLICT, "%s has no checkpoint yet: wait for its first".formatted(run.id()));
    }
    return new Model(run.id(), directory, () -> {});
  }

  static boolean isTrained(RunDirectory directory) {
    return directory.best().toFile().isFile()
        || directory.latest().toFile().isFile()
        || directory.model().toFile().isFile();
  }

  /**
   * A registered version.
   *
   * @throws trainer.service.registry.RegistryException if its files were deleted
   */
  Model of(ModelVersion version) {
    return new Model(
        version.reference(),
        registry.directory(version),
        () -> ModelRoutes.checked(version, registry));
  }

  /** Begins a call; see {@link #next}. */
  Call call(Frame.Kind kind, Record request, Duration limit) throws IOException {
    try {
      return process.call(kind, request, limit);
    } catch (LostProcessException e) {
      throw lost(e);
    }
  }

  /**
   * The next answer.
   *
   * @param key of the request that has the text, for a refusal
   * @throws ApiProblem if it is a refusal, or there is none
   */
  static Frame next(Call call, Model model, String key) {
    Frame frame;
    try {
      frame = call.next();
    } catch (LostProcessException e) {
      throw lost(e);
    }
    switch (frame.kind()) {
      case WRONG ->
          throw new ApiProblem(
              HttpStatus.UNPROCESSABLE_CONTENT, "%s: %s".formatted(key, frame.text()));
      case BUSY -> throw ApiProblem.busy(frame.text(), RETRY_SECONDS);
      case FAILED -> {
        model.check().run();
        throw new ApiProblem(HttpStatus.INTERNAL_SERVER_ERROR, frame.text());
      }
      default -> {
        return frame;
      }
    }
  }

  private static ApiProblem lost(LostProcessException e) {
    return ApiProblem.busy(e.getMessage(), RETRY_SECONDS);
  }

  /** For tests. */
  InferenceProcess process() {
    return process;
  }

  @Override
  public void close() {
    process.close();
  }
}
