package trainer.service.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import io.javalin.http.HttpStatus;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import trainer.config.ConfigurationException;
import trainer.file.FileErrors;
import trainer.service.datasets.SubmissionRules;
import trainer.service.datasets.SubmittedConfiguration;
import trainer.service.program.Errors;
import trainer.service.runs.DeviceKind;
import trainer.service.worker.Slot;
import trainer.service.worker.TrainingProgram;

/**
 * Estimates a run before it is submitted, with the command {@code plan} in a process of its own,
 * which trains for a few seconds on the CPU.
 */
final class PlanRoute {
  private static final int AT_A_TIME = 2;
  private static final int MOST_SECONDS = 60;
  private static final int REFUSED = 2;

  private final TrainingProgram training;
  private final SubmissionRules rules;
  private final Quota quota =
      new Quota(
          AT_A_TIME,
          5,
          "%d estimates are being made, the limit: retry in a few seconds".formatted(AT_A_TIME));

  PlanRoute(TrainingProgram training, SubmissionRules rules) {
    this.training = training;
    this.rules = rules;
  }

  Route route() {
    return new Route(
            HandlerType.POST, Api.ROOT + "/plan", Access.SUBMIT, Body.CONFIGURATION, this::plan)
        .with("name");
  }

  @SuppressWarnings("try") // held until the process has ended
  private void plan(Context context) {
    SubmittedConfiguration configuration;
    try {
      configuration = rules.read(RunRoutes.text(context), RunRoutes.source(context));
    } catch (ConfigurationException e) {
      throw ApiProblem.of(e);
    }
    if (configuration.device() == DeviceKind.GPU) {
      throw new ApiProblem(
          HttpStatus.UNPROCESSABLE_CONTENT,
          "compute: estimates are made on the CPU, and this run needs a GPU");
    }
    try (Quota.Held held = quota.take(context)) {
      ApiJson.answer(context, HttpStatus.OK, estimate(configuration));
    } catch (IOException e) {
      throw ApiProblem.busy(
          "the run cannot be estimated (%s): retry later".formatted(FileErrors.reason(e)), 60);
    }
  }

  private JsonNode estimate(SubmittedConfiguration configuration) throws IOException {
    Path file = Files.createTempFile("plan", ".yml");
    Path errors = Files.createTempFile("plan", ".log");
    try {
      Files.writeString(file, configuration.yaml());
      List<String> words = new ArrayList<>(List.of("plan", file.toString(), "--json"));
      words.addAll(rules.roots().options());
      training.settings().forEach(setting -> words.add("--set=" + setting));
      ProcessBuilder builder = training.program().process(words).redirectError(errors.toFile());
      new Slot.Cpu().prepare(builder.environment()); // GPUs are for training
      return answer(builder.start(), errors);
    } finally {
      Files.deleteIfExists(file);
      Files.deleteIfExists(errors);
    }
  }

  @SuppressWarnings("FutureReturnValueIgnored") // the time limit
  private static JsonNode answer(Process process, Path errors) throws IOException {
    try (InputStream in = process.getInputStream()) {
      process.getOutputStream().close();
      process
          .onExit()
          .completeOnTimeout(process, MOST_SECONDS, TimeUnit.SECONDS)
          .thenAccept(Process::destroyForcibly);
      byte[] printed = in.readAllBytes();
      int code = process.waitFor();
      if (code != 0) {
        String error =
            Errors.in(Files.readString(errors))
                .orElse(
                    "the estimate took more than %d s, or its process crashed (exit code %d)"
                        .formatted(MOST_SECONDS, code));
        throw code == REFUSED
            ? new ApiProblem(HttpStatus.UNPROCESSABLE_CONTENT, error)
            : ApiProblem.busy(error, 60);
      }
      return new JsonMapper().readTree(printed);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw ApiProblem.busy("the service is stopping: retry later", 5);
    } finally {
      process.destroyForcibly();
    }
  }
}
