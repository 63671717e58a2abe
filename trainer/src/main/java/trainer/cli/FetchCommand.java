package trainer.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import trainer.config.ConfigurationLoader;
import trainer.config.Data;
import trainer.text.Dataset;
import trainer.text.DatasetDownload;

/** {@code fetch NAME|CONFIG}. */
@Command(
    name = "fetch",
    description = "Download a dataset and check its SHA-256.",
    mixinStandardHelpOptions = true)
final class FetchCommand implements Callable<Integer> {
  private static final Path DATASETS = Path.of("datasets");

  @Parameters(
      paramLabel = "NAME|CONFIG",
      description = "A dataset described in datasets/NAME.yml, or a configuration with data.url.")
  private String what;

  @Override
  public Integer call() {
    boolean configuration = what.endsWith(".yml") || what.endsWith(".yaml");
    try (Interruption interruption = Interruption.install();
        ByteProgress progress = new ByteProgress("downloading")) {
      try {
        if (configuration) {
          Data data = ConfigurationLoader.load(Path.of(what), List.of()).data();
          boolean fetched =
              DatasetDownload.fetchMissing(data, interruption.stop()::requested, progress::report);
          Console.line(result(Path.of(data.corpus().get(0)), fetched));
        } else {
          Dataset dataset = Dataset.named(what, DATASETS);
          boolean fetched =
              DatasetDownload.fetch(dataset, interruption.stop()::requested, progress::report);
          Console.line(result(dataset.file(), fetched));
        }
      } catch (CancellationException e) {
        Console.line("stopped; the same command goes on from here");
      }
      return interruption.exitCode();
    }
  }

  private static String result(Path file, boolean fetched) {
    if (fetched) {
      return file + ": downloaded, its SHA-256 is right";
    }
    return Files.exists(file)
        ? file + ": is here already"
        : file + ": is missing, and data.url does not say where to get it";
  }
}
