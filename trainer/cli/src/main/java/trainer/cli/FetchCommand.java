package trainer.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import trainer.cli.console.ByteBar;
import trainer.cli.console.Console;
import trainer.cli.console.Interruption;
import trainer.config.ConfigurationLoader;
import trainer.config.Data;
import trainer.dataset.Dataset;
import trainer.dataset.DatasetDownload;
import trainer.file.ShellWord;
import trainer.training.StopSignal;

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
    return Interruption.during("stopping; nothing is kept of the download", this::fetch);
  }

  private void fetch(StopSignal stop) {
    try (ByteBar progress = new ByteBar("downloading")) {
      if (what.endsWith(".yml") || what.endsWith(".yaml")) {
        Data data = ConfigurationLoader.load(Path.of(what), List.of()).data();
        boolean fetched = DatasetDownload.fetchMissing(data, stop::requested, progress::report);
        Console.line(result(Path.of(data.corpus().get(0)), fetched));
      } else {
        Dataset dataset = Dataset.named(what, DATASETS);
        boolean fetched = DatasetDownload.fetch(dataset, stop::requested, progress::report);
        Console.line(result(dataset.file(), fetched));
      }
    }
  }

  private static String result(Path file, boolean fetched) {
    if (fetched) {
      return ShellWord.shown(file) + ": downloaded, SHA-256 verified";
    }
    return Files.exists(file)
        ? ShellWord.shown(file) + ": already present"
        : ShellWord.shown(file) + ": missing, and data.url is not set";
  }
}
