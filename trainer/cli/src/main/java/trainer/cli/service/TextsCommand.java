package trainer.cli.service;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import trainer.cli.console.Console;
import trainer.file.FileErrors;
import trainer.file.Sha256;
import trainer.file.ShellWord;
import trainer.file.Watch;
import trainer.run.RunException;

/** {@code texts} and its subcommands. */
@Command(
    name = "texts",
    description = "List, upload or delete the texts of a service.",
    mixinStandardHelpOptions = true)
public final class TextsCommand implements Callable<Integer> {
  private static final String TEXTS = "/datasets";

  @Mixin private ServiceClient service;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  @Override
  public Integer call() {
    JsonNode answer = service.get(TEXTS);
    if (json) {
      System.out.println(answer);
      return 0;
    }
    Table table = new Table("text", "bytes");
    answer
        .path("datasets")
        .forEach(
            text ->
                table.row(
                    text.path("name").asText(),
                    Console.format("%,d", text.path("bytes").asLong())));
    table.print();
    return 0;
  }

  @Command(description = "Upload a text.", mixinStandardHelpOptions = true)
  int upload(
      @Parameters(paramLabel = "FILE", description = "The text.") Path file,
      @Option(
              names = "--name",
              paramLabel = "NAME",
              description = "Its name in the service. Default: that of FILE.")
          String name,
      @Option(names = "--replace", description = "Replace a text of this name.") boolean replace) {
    String given = name == null ? String.valueOf(file.getFileName()) : name;
    String query;
    try {
      query = "?sha256=%s&replace=%s".formatted(Sha256.hex(file, Watch.none()), replace);
    } catch (IOException e) {
      throw new RunException(
          "%s: cannot be read (%s): name the text to upload"
              .formatted(ShellWord.shown(file), FileErrors.reason(e)),
          e);
    }
    JsonNode taken = service.put(path(given) + query, file);
    Console.line(
        Console.format(
            "%s: %,d bytes; data.corpus: %1$s reads it",
            taken.path("name").asText(), taken.path("bytes").asLong()));
    return 0;
  }

  @Command(
      description = "Delete a text; runs and schedules that read it fail from then on.",
      mixinStandardHelpOptions = true)
  int delete(@Parameters(paramLabel = "NAME", description = "The text.") String name) {
    service.delete(path(name));
    Console.line(name + ": deleted");
    return 0;
  }

  /** The service checks the form of names further. */
  private static String path(String name) {
    if (!name.matches("[A-Za-z0-9._-]+")) {
      throw new RunException(
          "'%s': must be a name of letters, digits, '.', '_' and '-': list the texts with 'texts', or add --name NAME"
              .formatted(name));
    }
    return TEXTS + "/" + name;
  }
}
