package trainer.service.configuration;

import java.nio.file.Path;
import java.util.List;
import trainer.config.binding.Default;
import trainer.config.binding.Describe;
import trainer.config.binding.Matches;
import trainer.config.binding.OneOrMany;
import trainer.config.binding.Range;
import trainer.config.binding.Rules;

/**
 * How a service is set up: the keys of {@code service.yml}, which are the options of {@code serve}
 * and the environment variables {@code TRAINER_SERVE_…} too. Null where a value follows from
 * others.
 */
public record ServiceConfiguration(
    @Describe("address to listen on; beyond this machine only with token_file")
        @Default("127.0.0.1")
        @Matches(value = "\\S+", words = "an address without spaces")
        String host,
    @Describe("port to listen on; 0: a free one") @Default("8080") @Range("[0, 65535]") int port,
    @Describe("folder where runs are kept")
        @Default("models")
        @Matches(value = PATH, words = "a path")
        String runs,
    @Describe(
            "jdbc:sqlite:FILE, or jdbc:postgresql://HOST/NAME for several nodes; null: service.db in"
                + " the folder of runs")
        @Default("null")
        String database,
    @Describe("folders that submitted configurations may read; uploads go into the first")
        @Default("[datasets]")
        @OneOrMany
        @Matches(value = PATH, words = "a path")
        List<String> datasets,
    @Describe("largest text that may be uploaded, in megabytes; 0: none")
        @Default("1000")
        @Range("[0, 1000000]")
        int uploadMegabytes,
    @Describe("runs that may wait; more are refused") @Default("10000") @Range("[1, 1000000]")
        int queuedRuns,
    @Describe("file of lines 'ROLE NAME TOKEN', roles read, submit and admin; null: no tokens")
        @Default("null")
        @Matches(value = PATH, words = "a path")
        String tokenFile,
    @Describe("names besides localhost by which the service is reached; addresses always are")
        @Default("null")
        @OneOrMany
        @Matches(value = "[A-Za-z0-9.-]+", words = "a DNS name")
        List<String> allowedHost,
    @Describe(
            "hosts of this machine or a private network, HOST or HOST:PORT, that webhooks may lead"
                + " to")
        @Default("null")
        @OneOrMany
        @Matches(value = "[^\\s/]+", words = "a host, or host and port")
        List<String> webhookHost,
    @Describe("runs to train on the CPU at a time; null: 1 where there is no GPU, else 0")
        @Default("null")
        @Range("[0, 1024]")
        Integer slots,
    @Describe("GPUs to train on, one run on each; null: all that are found")
        @Default("null")
        @Range("[0, 64]")
        Integer gpus,
    @Describe(
            "Java's memory of each process of a run, in megabytes (-Xmx), and as much beside it for"
                + " ND4J; null: as Java decides, a quarter of the memory")
        @Default("null")
        @Range("[16, 10000000]")
        Integer heapMegabytes,
    @Describe("form of the log: text for people, json for programs") @Default("text")
        LogFormat logFormat) {

  static final String PATH = "[^\\x00]+";
  private static final String SQLITE = "jdbc:sqlite:";

  /** Checks the ranges. */
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
            slots,
            gpus,
            heapMegabytes,
            logFormat)
        .and(!idle, "slots", "gpus", "0, and 'gpus' is 0 too: no run would ever be trained")
        .check();
    datasets = List.copyOf(datasets);
    allowedHost = allowedHost == null ? null : List.copyOf(allowedHost);
    webhookHost = webhookHost == null ? null : List.copyOf(webhookHost);
  }

  /** Forms of the log. */
  public enum LogFormat {
    TEXT,
    JSON
  }

  /** The same with relative paths taken from a folder. */
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
        slots,
        gpus,
        heapMegabytes,
        logFormat);
  }

  private static String resolve(Path folder, String path) {
    return folder.resolve(path).normalize().toString();
  }

  /** Where its records are. */
  public String databaseUrl() {
    return database == null ? SQLITE + Path.of(runs, "service.db") : database;
  }
}
