package trainer.cli.service;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import trainer.config.Configuration;
import trainer.config.ConfigurationLoader;
import trainer.service.runs.Labels;

/** {@code submit CONFIG}. */
@Command(
    name = "submit",
    description = "Submit a run to a service and print its ID.",
    mixinStandardHelpOptions = true)
public final class SubmitCommand implements Callable<Integer> {
  @Mixin private ServiceClient service;

  @Parameters(
      paramLabel = "CONFIG",
      description = "YAML file of the run; paths are resolved in the service's dataset folders.")
  private Path file;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Override a key, such as training.epochs=3. Paths are those of the service.")
  private List<String> overrides = new ArrayList<>();

  @Option(
      names = "--name",
      paramLabel = "NAME",
      description = "The run's name. Default: that of CONFIG.")
  private String name;

  @Option(
      names = "--tag",
      paramLabel = "TAG",
      description = "A tag of the run. Repeat it for several.")
  private List<String> tags = new ArrayList<>();

  @Option(
      names = "--priority",
      paramLabel = "N",
      defaultValue = "0",
      description = "From -100 to 100; higher runs first. Default: ${DEFAULT-VALUE}.")
  private int priority;

  @Option(
      names = "--idempotency-key",
      paramLabel = "KEY",
      description = "Requests with the same key create one run. Default: random.")
  private String key;

  @Option(
      names = "--init-from",
      paramLabel = "MODEL",
      description =
          "Start with weights and vocabulary of registry:NAME[@VERSION]; VERSION is a"
              + " number, champion (the default) or challenger.")
  private String initializer;

  @Option(
      names = "--fork",
      paramLabel = "ID[@ITERATION]",
      description =
          "Continue another run at a checkpoint, with its curve up to there. CONFIG may change all"
              + " but text, batches and layers. Default of ITERATION: its newest.")
  private String fork;

  @Option(names = "--watch", description = "Stream its log until it ends.")
  private boolean watch;

  @Override
  public Integer call() {
    checkTags();
    byte[] text = configuration().getBytes(StandardCharsets.UTF_8);
    String query = "/runs?priority=" + priority;
    String configured = file.getFileName().toString().replaceFirst("\\.ya?ml$", "");
    if (configured.matches(Configuration.NEW_NAME_FORM)) {
      query += "&name=" + configured;
    }
    if (initializer != null) {
      query += "&init_from=" + URLEncoder.encode(initializer, StandardCharsets.UTF_8);
    }
    if (fork != null) {
      query += "&fork=" + URLEncoder.encode(checkpoint(), StandardCharsets.UTF_8);
    }
    JsonNode run =
        service.send(
            "POST",
            query,
            "application/yaml",
            text,
            key == null ? UUID.randomUUID().toString() : key);
    String id = run.path("id").asText();
    System.out.println(id);
    if (!tags.isEmpty()) {
      service.put("/runs/" + id + "/labels", Map.of("tags", tags));
    }
    return watch ? new RunWatch(service, id).toEnd() : 0;
  }

  /** The checkpoint to fork, {@code ID@ITERATION}. */
  private String checkpoint() {
    if (fork.contains("@")) {
      return fork;
    }
    JsonNode newest =
        service.get("/runs/" + RunWatch.checked(fork) + "/checkpoints").at("/checkpoints/0");
    if (newest.isMissingNode()) {
      throw ServiceException.refused(
          "--fork %s: the run has no checkpoint yet: wait for the first".formatted(fork), null);
    }
    return fork + "@" + newest.path("iteration").asLong();
  }

  /** Before there is a run to tag. */
  private void checkTags() {
    for (String tag : tags) {
      if (!tag.matches(Labels.TAG_FORM)) {
        throw new ParameterException(
            service.command(),
            "--tag %s: must be a word of letters, digits, '.', '_' and '-', of at most 40 characters"
                .formatted(tag));
      }
    }
  }

  /** The text for a service, which does not have the other files. */
  private String configuration() {
    List<String> all = new ArrayList<>(overrides);
    if (name != null) {
      all.add("name='%s'".formatted(name.replace("'", "''")));
    }
    return ConfigurationLoader.standalone(file, all);
  }
}
