package trainer.service.configuration;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import trainer.config.binding.Default;
import trainer.config.binding.Describe;
import trainer.config.binding.Matches;
import trainer.config.binding.OneOrMany;
import trainer.config.binding.Range;
import trainer.config.binding.Rules;
import trainer.file.AbsolutePath;

/**
 * Settings of the service: keys of {@code service.yml}, options of {@code serve} and environment
 * variables {@code TRAINER_SERVE_…}. Null means derived.
 */
public record ServiceConfiguration(
    @Describe("address to listen on; one reachable from other machines requires token_file")
        @Default("127.0.0.1")
        @Matches(value = "\\S+", words = "an address without spaces")
        String host,
    @Describe("port to listen on; 0: any free port") @Default("8080") @Range("[0, 65535]") int port,
    @Describe("folder of the runs") @Default("models") @Matches(value = PATH, words = "a path")
        String runs,
    @Describe(
            "jdbc:sqlite:FILE or jdbc:postgresql://HOST/NAME; null: service.db in the folder of the"
                + " runs")
        @Default("null")
        String database,
    @Describe("folders that submitted configurations may read; uploads go to the first")
        @Default("[datasets]")
        @OneOrMany
        @Matches(value = PATH, words = "a path")
        List<String> datasets,
    @Describe("maximum size of an uploaded text in megabytes; 0: no uploads")
        @Default("1000")
        @Range("[0, 1000000]")
        int uploadMegabytes,
    @Describe("maximum length of the queue; more runs are refused")
        @Default("10000")
        @Range("[1, 1000000]")
        int queuedRuns,
    @Describe("file of lines 'ROLE NAME TOKEN', roles read, submit and admin; null: no tokens")
        @Default("null")
        @Matches(value = PATH, words = "a path")
        String tokenFile,
    @Describe("host names of the service besides localhost; IP addresses are always allowed")
        @Default("null")
        @OneOrMany
        @Matches(value = "[A-Za-z0-9.-]+", words = "a DNS name")
        List<String> allowedHost,
    @Describe("private or local hosts, HOST or HOST:PORT, that webhooks may call")
        @Default("null")
        @OneOrMany
        @Matches(value = "[^\\s/]+", words = "a host, or host and port")
        List<String> webhookHost,
    @Describe("tracking server of MLflow that all runs are sent to; null: none")
        @Default("null")
        @Matches(
            value = "https?://(?![^/?#\\s]*@)[^/?#\\s]+[^?#\\s]*",
            words = "an http or https URL without user, password and query")
        String mlflowUri,
    @Describe("concurrent runs on the CPU; null: 1 without GPUs, else 0")
        @Default("null")
        @Range("[0, 1024]")
        Integer slots,
    @Describe("GPUs to train on, a run each or several of them; null: all")
        @Default("null")
        @Range("[0, 64]")
        Integer gpus,
    @Describe("Java heap of a training process in MB, plus the same for ND4J; null: Java's default")
        @Default("null")
        @Range("[16, 10000000]")
        Integer heapMegabytes,
    @Describe(
            "Java heap of the inference process in MB, half of it for models; null: heap_megabytes")
        @Default("null")
        @Range("[16, 10000000]")
        Integer inferenceHeapMegabytes,
    @Describe(
            "starts runs with compute.workers above 1: path of spark-submit and options, separated"
                + " by spaces; null: such runs are refused")
        @Default("null")
        @Matches(value = "/\\S+( +\\S+)*", words = "an absolute path, and options after it")
        String sparkSubmit,
    @Describe("log format: text for people, json for programs") @Default("text")
        LogFormat logFormat) {

  static final String PATH = "[^\\x00]+";
  private static final String SQLITE = "jdbc:sqlite:";

  public ServiceConfiguration {
    boolean idle = Integer.valueOf(0).equals(slots) && Integer.valueOf(0).equals(gpus);
    Rules.of(
            ServiceConfiguration.class,
            host,
            port,
            runs,
            database,
            datasets,
            uploadMegabytes,
            queuedRuns,
            tokenFile,
            allowedHost,
            webhookHost,
            mlflowUri,
            slots,
            gpus,
            heapMegabytes,
            inferenceHeapMegabytes,
            sparkSubmit,
            logFormat)
        .and(!idle, "slots", "gpus", "0, and 'gpus' is 0 too: no run would ever be trained")
        .check();
    datasets = List.copyOf(datasets);
    allowedHost = allowedHost == null ? null : List.copyOf(allowedHost);
    webhookHost = webhookHost == null ? null : List.copyOf(webhookHost);
  }

  public enum LogFormat {
    TEXT,
    JSON
  }

  /** With relative paths resolved against a folder. */
  ServiceConfiguration resolve(Path folder) {
    return new ServiceConfiguration(
        host,
        port,
        resolve(folder, runs),
        database == null || !database.startsWith(SQLITE) || database.length() == SQLITE.length()
            ? database
            : SQLITE + resolve(folder, database.substring(SQLITE.length())),
        datasets.stream().map(path -> resolve(folder, path)).toList(),
        uploadMegabytes,
        queuedRuns,
        tokenFile == null ? null : resolve(folder, tokenFile),
        allowedHost,
        webhookHost,
        mlflowUri,
        slots,
        gpus,
        heapMegabytes,
        inferenceHeapMegabytes,
        sparkSubmit,
        logFormat);
  }

  private static String resolve(Path folder, String path) {
    return folder.resolve(path).normalize().toString();
  }

  /**
   * Checks that no file of the service is in a folder that submitted configurations read and
   * uploads write to.
   *
   * @throws IllegalArgumentException if one is
   */
  public void checkDatasets() throws IOException {
    Map<String, String> files = new LinkedHashMap<>();
    files.put("--runs", runs);
    if (databaseUrl().startsWith(SQLITE)) {
      files.put("--database", databaseUrl().substring(SQLITE.length()));
    }
    if (tokenFile != null) {
      files.put("--token-file", tokenFile);
    }
    for (String folder : datasets) {
      for (Map.Entry<String, String> file : files.entrySet()) {
        if (real(Path.of(file.getValue())).startsWith(real(Path.of(folder)))) {
          throw new IllegalArgumentException(
              "--datasets %s: contains %s %s, which runs could read and uploads replace: choose another folder for one of them"
                  .formatted(folder, file.getKey(), file.getValue()));
        }
      }
    }
  }

  /** Without links, as far as it exists. */
  private static Path real(Path path) throws IOException {
    Path absolute = AbsolutePath.of(path);
    return Files.exists(absolute) || absolute.getParent() == null
        ? absolute.toRealPath()
        : real(absolute.getParent()).resolve(absolute.getFileName());
  }

  /** The JDBC URL. */
  public String databaseUrl() {
    return database == null ? SQLITE + Path.of(runs, "service.db") : database;
  }
}
