package trainer.cli.service;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import trainer.cli.console.Console;

/** {@code label ID}. */
@Command(
    name = "label",
    description = "Set tags and note of a run, or archive it; what is left out stays.",
    mixinStandardHelpOptions = true)
public final class LabelCommand implements Callable<Integer> {
  @Mixin private ServiceClient service;

  @Parameters(paramLabel = "ID", description = "The run.")
  private String id;

  @Option(
      names = "--tag",
      paramLabel = "TAG",
      description = "Its tags from now on. Repeat it for several; '': none.")
  private List<String> tags;

  @Option(names = "--note", paramLabel = "TEXT", description = "Its note; '': none.")
  private String note;

  @Option(
      names = "--archive",
      negatable = true,
      description = "Leave it out of lists; --no-archive: show it again.")
  private Boolean archived;

  @Override
  public Integer call() {
    Map<String, Object> body = new LinkedHashMap<>(); // null: as it is
    body.put("tags", tags == null ? null : tags.stream().filter(tag -> !tag.isEmpty()).toList());
    body.put("note", note);
    body.put("archived", archived);
    service.put("/runs/" + RunWatch.checked(id) + "/labels", body);
    Console.line(id + ": labelled");
    return 0;
  }
}
