package trainer.cli;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import trainer.cli.console.Interruption;
import trainer.config.Configuration;
import trainer.job.TrainingForecast;
import trainer.job.TrainingJob;

/** {@code plan CONFIG}. */
@Command(
    name = "plan",
    description =
        "Print what a new run would train on, its network, memory and length, and a measured estimate"
            + " of its time, without training it or writing a run directory.",
    mixinStandardHelpOptions = true)
final class PlanCommand implements Callable<Integer> {
  @Mixin private ConfigurationArgument job;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  @Mixin private ConfinementOption confinement;

  @Override
  public Integer call() {
    Configuration configuration = job.load();
    return Interruption.during(
        "stopping",
        stop -> {
          TrainingForecast forecast =
              new TrainingJob(configuration, Path.of(configuration.name()))
                  .reporter(new ConsoleReporter())
                  .confinement(confinement.folders())
                  .stop(stop)
                  .plan();
          PlanReport report = new PlanReport(forecast);
          System.out.println(json ? report.json() : report.text());
        });
  }
}
