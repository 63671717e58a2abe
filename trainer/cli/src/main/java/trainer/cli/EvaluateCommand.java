package trainer.cli;

import java.nio.charset.Charset;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import trainer.checkpoint.SavedNetwork;
import trainer.cli.console.Interruption;
import trainer.cli.service.RegisteredModel;
import trainer.cli.service.ServiceClient;
import trainer.config.Data.UnknownCharacters;
import trainer.job.EvaluationJob;
import trainer.job.EvaluationResult;

/** {@code evaluate RUN}. */
@Command(
    name = "evaluate",
    description = "Evaluate a network on a text, next to n-gram baselines.",
    mixinStandardHelpOptions = true)
final class EvaluateCommand implements Callable<Integer> {
  @Parameters(paramLabel = "RUN", description = RegisteredModel.RUN)
  private String run;

  @Mixin private ServiceClient service;

  @ArgGroup private Text text = new Text();

  @Option(
      names = "--like",
      paramLabel = "RUN",
      description = "Use the corpus of another run, unless --corpus is given.")
  private String like;

  @Option(
      names = "--unknown",
      paramLabel = "error|replace",
      description =
          "Characters outside the vocabulary: refuse the text, or charge 13.92 nats (a uniform guess"
              + " over Unicode) for each. Default: data.unknown of the run.")
  private UnknownCharacters unknown;

  @Option(
      names = "--encoding",
      paramLabel = "NAME",
      description =
          "Encoding of the text of --corpus, such as UTF-8. Default: data.encoding of the run.")
  private Charset encoding;

  @Mixin private ConfinementOption confinement;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  static final class Text {
    @Option(
        names = "--split",
        paramLabel = "validation|test",
        description = "Split of the run's corpus. Default: validation.")
    private EvaluationJob.Part split = EvaluationJob.Part.VALIDATION;

    @Option(
        names = "--corpus",
        paramLabel = "FILE",
        description = "Another text to evaluate on: a file, or a pattern such as 'texts/*.txt'.")
    private String corpus;
  }

  @Override
  public Integer call() {
    SavedNetwork saved = RegisteredModel.open(run, service);
    EvaluationJob job =
        new EvaluationJob(saved)
            .part(text.split)
            .encoding(encoding)
            .confinement(confinement.folders())
            .reporter(new ConsoleReporter());
    if (text.corpus != null) {
      job.corpus(text.corpus);
    }
    if (unknown != null) {
      job.unknown(unknown);
    }
    if (like != null) {
      job.like(RegisteredModel.open(like, service));
    }
    return Interruption.during(
        "stopping", stop -> job.stop(stop).run().ifPresent(found -> print(found)));
  }

  private void print(EvaluationResult found) {
    EvaluationReport report = new EvaluationReport(found);
    System.out.println(json ? report.json() : report.text());
  }
}
