package trainer.cli.service;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code serve}. The options are the keys of the file and are checked with it. */
@Command(
    name = "serve",
    description = {
      "Run the training service (web page and HTTP API).",
      "Every option is also a key of CONFIG (--token-file: token_file) and an environment variable"
          + " (TRAINER_SERVE_TOKEN_FILE). Options override variables, which override the file."
    },
    mixinStandardHelpOptions = true)
public final class ServeCommand implements Callable<Integer> {
  @Parameters(
      arity = "0..1",
      paramLabel = "CONFIG",
      description = "YAML file, such as service.yml; without it, options and defaults.")
  private Path file;

  @Option(
      names = "--host",
      paramLabel = "ADDRESS",
      description =
          "Address to listen on; one reachable from other machines requires tokens. Default:"
              + " 127.0.0.1.")
  private String host;

  @Option(
      names = "--port",
      paramLabel = "N",
      description = "Port to listen on; 0: any free port. Default: 8080.")
  private String port;

  @Option(
      names = "--runs",
      paramLabel = "DIR",
      description = "Folder of the runs. Default: models.")
  private String runs;

  @Option(
      names = "--database",
      paramLabel = "URL",
      description =
          "jdbc:sqlite:FILE, or jdbc:postgresql://HOST/NAME for several nodes. Default: service.db"
              + " in the runs directory.")
  private String database;

  @Option(
      names = "--datasets",
      paramLabel = "DIR",
      description =
          "Folder that submitted configurations may read; may be repeated. Default: datasets.")
  private List<String> datasets = List.of();

  @Option(
      names = "--upload-megabytes",
      paramLabel = "N",
      description = "Maximum size of an uploaded text; 0: no uploads. Default: 1000.")
  private String uploadMegabytes;

  @Option(
      names = "--queued-runs",
      paramLabel = "N",
      description = "Maximum length of the queue; more runs are refused. Default: 10000.")
  private String queuedRuns;

  @Option(
      names = "--token-file",
      paramLabel = "FILE",
      description = "Lines 'ROLE NAME TOKEN'; roles are read, submit and admin.")
  private String tokenFile;

  @Option(
      names = "--allowed-host",
      paramLabel = "NAME",
      description =
          "Host name of the service besides localhost; may be repeated. IP addresses are always"
              + " allowed.")
  private List<String> allowedHosts = List.of();

  @Option(
      names = "--webhook-host",
      paramLabel = "HOST[:PORT]",
      description =
          "Private or local host that webhooks may call; may be repeated. All others must have"
              + " public addresses.")
  private List<String> webhookHosts = List.of();

  @Option(
      names = "--mlflow-uri",
      paramLabel = "URL",
      description = "Tracking server of MLflow that all runs are sent to. Default: none.")
  private String mlflowUri;

  @Option(
      names = "--slots",
      paramLabel = "N",
      description = "Concurrent runs on the CPU. Default: 1 without GPUs, else 0.")
  private String slots;

  @Option(
      names = "--gpus",
      paramLabel = "N",
      description = "GPUs to train on, a run each or several of them. Default: all.")
  private String gpus;

  @Option(
      names = "--heap-megabytes",
      paramLabel = "N",
      description =
          "Java heap of a training process (-Xmx). Default: Java's own, a quarter of the"
              + " memory.")
  private String heapMegabytes;

  @Option(
      names = "--inference-heap-megabytes",
      paramLabel = "N",
      description =
          "Java heap of the process that generates texts, half of it for models. Default:"
              + " --heap-megabytes.")
  private String inferenceHeapMegabytes;

  @Option(
      names = "--spark-submit",
      paramLabel = "COMMAND",
      description =
          "Starts runs with compute.workers above 1, such as '/opt/spark/bin/spark-submit --master"
              + " spark://HOST:7077'. Default: such runs are refused.")
  private String sparkSubmit;

  @Option(
      names = "--log-format",
      paramLabel = "FORM",
      description = "text for people, json for programs. Default: text.")
  private String logFormat;

  @Spec private CommandSpec command;

  @Override
  public Integer call() {
    Map<String, List<String>> options = new LinkedHashMap<>();
    put(options, "host", host);
    put(options, "port", port);
    put(options, "runs", runs);
    put(options, "database", database);
    options.put("datasets", datasets);
    put(options, "upload_megabytes", uploadMegabytes);
    put(options, "queued_runs", queuedRuns);
    put(options, "token_file", tokenFile);
    options.put("allowed_host", allowedHosts);
    options.put("webhook_host", webhookHosts);
    put(options, "mlflow_uri", mlflowUri);
    put(options, "slots", slots);
    put(options, "gpus", gpus);
    put(options, "heap_megabytes", heapMegabytes);
    put(options, "inference_heap_megabytes", inferenceHeapMegabytes);
    put(options, "spark_submit", sparkSubmit);
    put(options, "log_format", logFormat);
    try {
      return new ServiceStart(file, System.getenv(), options).serve();
    } catch (IllegalArgumentException e) {
      throw new ParameterException(command.commandLine(), e.getMessage(), e);
    }
  }

  private static void put(Map<String, List<String>> options, String key, String value) {
    options.put(key, value == null ? List.of() : List.of(value));
  }
}
