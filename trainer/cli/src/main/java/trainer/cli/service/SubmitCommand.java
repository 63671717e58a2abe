package trainer.cli.service;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import trainer.config.Configuration;
import trainer.config.ConfigurationLoader;
import trainer.file.ShellWord;
import trainer.run.RunException;

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
          "Start with weights and vocabulary of registry:NAME@VERSION; VERSION is a"
              + " number, champion or challenger.")
  private String initializer;

  @Option(names = "--watch", description = "Stream its log until it ends.")
  private boolean watch;

  @Override
  public Integer call() {
    byte[] configuration;
    try {
      configuration = Files.readAllBytes(file);
      if (new String(configuration, StandardCharsets.UTF_8).contains("extends:")) {
        // The service does not have the other files.
        configuration = ConfigurationLoader.standalone(file).getBytes(StandardCharsets.UTF_8);
      }
    } catch (IOException e) {
      throw new RunException(
          "%s: cannot be read (%s): name the YAML file of a run"
              .formatted(ShellWord.shown(file), e.getMessage()),
          e);
    }
    String name = file.getFileName().toString().replaceFirst("\\.ya?ml$", "");
    JsonNode run =
        service.send(
            "POST",
            "/runs?priority=%s%s%s"
                .formatted(
                    priority,
                    name.matches(Configuration.NEW_NAME_FORM) ? "&name=" + name : "",
                    initializer == null
                        ? ""
                        : "&init_from=" + URLEncoder.encode(initializer, StandardCharsets.UTF_8)),
            "application/yaml",
            configuration,
            key == null ? UUID.randomUUID().toString() : key);
    String id = run.path("id").asText();
    System.out.println(id);
    return watch ? new RunWatch(service, id).toEnd() : 0;
  }
}
