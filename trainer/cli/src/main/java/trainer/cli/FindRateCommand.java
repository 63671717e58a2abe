package trainer.cli;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import trainer.cli.console.Bar;
import trainer.cli.console.Console;
import trainer.cli.console.Interruption;
import trainer.config.Configuration;
import trainer.file.ShellWord;
import trainer.search.RateCurve;
import trainer.search.RateFinder;
import trainer.training.StopSignal;

/** {@code find-rate CONFIG}. */
@Command(
    name = "find-rate",
    description = {
      "Suggest a learning rate: train a new network while the rate grows from step to step.",
      "",
      "The suggestion is a tenth of the rate at which the smoothed training loss is lowest. Writes no"
          + " run directory."
    },
    mixinStandardHelpOptions = true)
final class FindRateCommand implements Callable<Integer> {
  private static final int FEWEST_STEPS = 50;

  /** Steps at the end in which a rise of the smoothed loss would not show. */
  private static final int LAST = 5;

  @Mixin private ConfigurationArgument job;

  @Option(
      names = "--from",
      paramLabel = "RATE",
      defaultValue = "1e-5",
      description = "Of the first step. Default: ${DEFAULT-VALUE}.")
  private double from;

  @Option(
      names = "--to",
      paramLabel = "RATE",
      defaultValue = "1",
      description = "Of the last step. Default: ${DEFAULT-VALUE}.")
  private double to;

  @Option(
      names = "--steps",
      paramLabel = "N",
      defaultValue = "200",
      description = "Iterations. Default: ${DEFAULT-VALUE}.")
  private int steps;

  @Option(
      names = "--output",
      paramLabel = "FILE.svg",
      description = "Also write a picture of the loss over the rate.")
  private Path output;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  @Spec private CommandSpec command;

  @Override
  public Integer call() {
    if (!(from > 0 && to > from && to < Double.POSITIVE_INFINITY)) {
      throw new ParameterException(
          command.commandLine(), "--from %s --to %s: must be above 0 and rise".formatted(from, to));
    }
    if (steps < FEWEST_STEPS) {
      throw new ParameterException(
          command.commandLine(), "--steps %d: must be at least %d".formatted(steps, FEWEST_STEPS));
    }
    Configuration configuration = job.load();
    return Interruption.during("stopping", stop -> find(configuration, stop));
  }

  private void find(Configuration configuration, StopSignal stop) {
    RateCurve curve;
    try (Bar bar = Console.bar("learning rate", 0, steps, "it", 1)) {
      curve =
          new RateFinder(configuration)
              .reporter(new ConsoleReporter())
              .stop(stop)
              .progress(
                  step -> {
                    if (bar != null) {
                      bar.show(step);
                    }
                  })
              .find(from, to, steps);
    }
    if (output != null) {
      curve.write(output);
      Console.line("picture   " + ShellWord.shown(output));
    }
    System.out.println(json ? json(curve) : text(curve, configuration));
  }

  private String text(RateCurve curve, Configuration configuration) {
    if (curve.rates().length == steps && curve.lowest() >= curve.rates()[steps - LAST]) {
      return Console.format(
          "the loss falls up to the highest rate, %.2g: test higher ones with --to %s",
          to, 10 * to);
    }
    double configured = configuration.training().optimizer().learningRate();
    return Console.format(
        "the loss is lowest at %.2g, and rises beyond; a tenth of it is a common choice: --set"
            + " training.optimizer.learning_rate=%.2g (configured: %s)",
        curve.lowest(), curve.suggestion(), configured);
  }

  private static String json(RateCurve curve) {
    ObjectNode node = new JsonMapper().createObjectNode();
    node.put("lowest", curve.lowest());
    node.put("suggestion", curve.suggestion());
    ArrayNode steps = node.putArray("steps");
    for (int i = 0; i < curve.rates().length; i++) {
      steps
          .addObject()
          .put("learning_rate", curve.rates()[i])
          .put("loss", curve.losses()[i])
          .put("smoothed", curve.smoothed()[i]);
    }
    return node.toPrettyString();
  }
}
