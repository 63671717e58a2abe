package trainer.cli.service;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import trainer.cli.console.Interruption;
import trainer.cli.console.JavaMemory;
import trainer.file.FileErrors;
import trainer.service.configuration.ServiceConfiguration;
import trainer.service.configuration.ServiceConfiguration.LogFormat;
import trainer.service.configuration.ServiceConfigurationLoader;
import trainer.service.datasets.DatasetRoots;
import trainer.service.devices.DeviceSurvey;
import trainer.service.http.Limits;
import trainer.service.http.Service;
import trainer.service.http.Tokens;
import trainer.service.program.Program;
import trainer.service.worker.Slot;
import trainer.service.worker.TrainingProgram;
import trainer.service.worker.WorkerSettings;
import trainer.training.StopSignal;

/**
 * Starts a service from options, environment and file. Separate from the command, so that other
 * commands do not load these classes.
 */
final class ServiceStart {
  private static final String CONSEQUENCE = "runs save a checkpoint and return to the queue";
  private static final String MAIN = "trainer.cli.Main"; // by name: Main depends on this package
  private static final long MEGABYTE = 1_000_000;

  private final ServiceConfiguration configuration;
  private final Service.Settings settings;

  /**
   * @param file null: none
   * @param options values by key of the file
   * @throws trainer.config.ConfigurationException if a value is wrong
   * @throws IllegalArgumentException if the settings are impossible on this machine
   */
  ServiceStart(Path file, Map<String, String> environment, Map<String, List<String>> options) {
    configuration = ServiceConfigurationLoader.load(file, environment, options);
    try {
      configuration.checkDatasets();
    } catch (IOException e) {
      throw new IllegalArgumentException("--datasets: " + FileErrors.withFile(e), e);
    }
    Set<String> hosts = new HashSet<>();
    hosts.add(configuration.host().toLowerCase(Locale.ROOT));
    if (configuration.allowedHost() != null) {
      configuration.allowedHost().forEach(name -> hosts.add(name.toLowerCase(Locale.ROOT)));
    }
    Program program = program(configuration);
    DeviceSurvey survey = new DeviceSurvey(program);
    boolean onProcessors = Integer.valueOf(0).equals(configuration.gpus());
    List<Slot> slots =
        Slot.of(
            configuration.slots(),
            configuration.gpus(),
            onProcessors ? 0 : survey.gpus(),
            environment.get(Slot.VISIBLE));
    List<Path> datasets = configuration.datasets().stream().map(Path::of).toList();
    settings =
        new Service.Settings(
            configuration.host(),
            configuration.port(),
            Path.of(configuration.runs()),
            configuration.databaseUrl(),
            configuration.tokenFile() == null
                ? Tokens.none()
                : Tokens.read(Path.of(configuration.tokenFile())),
            hosts,
            configuration.webhookHost() == null
                ? Set.of()
                : Set.copyOf(configuration.webhookHost()),
            datasets,
            new Limits(configuration.uploadMegabytes() * MEGABYTE, configuration.queuedRuns()),
            survey,
            new TrainingProgram(
                program, keys(slots.size()), cluster(configuration), new DatasetRoots(datasets)),
            WorkerSettings.withSlots(slots));
  }

  /** This program, with the heaps that the configuration gives its processes. */
  static Program program(ServiceConfiguration configuration) {
    Integer heap = configuration.heapMegabytes();
    Integer inference = configuration.inferenceHeapMegabytes();
    return new Program(command(heap), command(inference == null ? heap : inference));
  }

  private static List<String> command(Integer heapMegabytes) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    if (heapMegabytes != null) {
      command.add("-Xmx%dm".formatted(heapMegabytes));
    }
    // JAVA_TOOL_OPTIONS may set it for the service; a run must report OutOfMemoryError.
    command.add("-XX:-ExitOnOutOfMemoryError");
    command.add(JavaMemory.SERVED);
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(MAIN);
    return command;
  }

  /** This program, submitted to a Spark cluster; null: there is none. */
  private static Program cluster(ServiceConfiguration configuration) {
    if (configuration.sparkSubmit() == null) {
      return null;
    }
    List<String> words = List.of(configuration.sparkSubmit().split(" +"));
    String jar = System.getProperty("java.class.path");
    if (!Files.isExecutable(Path.of(words.get(0)))) {
      throw new IllegalArgumentException(
          "--spark-submit %s: not a program on this machine".formatted(words.get(0)));
    }
    if (!jar.endsWith(".jar") || jar.contains(File.pathSeparator)) {
      throw new IllegalArgumentException(
          "--spark-submit: needs the service to run from one file, as java -jar trainer.jar does");
    }
    List<String> command = new ArrayList<>();
    command.add(words.get(0));
    if (configuration.heapMegabytes() != null) {
      command.addAll(List.of("--driver-memory", configuration.heapMegabytes() + "m"));
    }
    command.addAll(List.of("--driver-java-options", JavaMemory.SERVED));
    command.addAll(words.subList(1, words.size())); // the last of an option counts
    command.addAll(List.of("--class", MAIN, Path.of(jar).toAbsolutePath().toString()));
    return new Program(command);
  }

  /** Of each run. Concurrent ones share the CPUs. */
  private List<String> keys(int slots) {
    List<String> keys = new ArrayList<>();
    if (slots > 1) {
      int processors = Runtime.getRuntime().availableProcessors();
      keys.add("compute.threads=" + Math.max(1, processors / slots));
    }
    if (configuration.mlflowUri() != null) {
      keys.add("mlflow.tracking_uri=" + configuration.mlflowUri());
    }
    return keys;
  }

  /** Serves until stopped; returns the exit code. */
  int serve() {
    // read when logging starts, below
    System.setProperty("trainer.log.time", "yyyy-MM-dd'T'HH:mm:ss.SSSXXX ");
    if (configuration.logFormat() == LogFormat.JSON) {
      System.setProperty("logback.configurationFile", "logback-json.xml");
    }
    Logger log = LoggerFactory.getLogger(ServiceStart.class);
    return Interruption.during(CONSEQUENCE, log::info, stop -> serve(log, stop));
  }

  private void serve(Logger log, StopSignal stop) {
    try (Service service = new Service(settings)) {
      log.info(
          "serving on http://{}:{}, runs in {}, slots: {}",
          settings.host(),
          service.port(),
          settings.runs(),
          String.join(", ", settings.worker().slots().stream().map(Slot::name).toList()));
      while (!stop.requested()) {
        TimeUnit.MILLISECONDS.sleep(100);
      }
    } catch (InterruptedException e) {
      throw new AssertionError("the main thread is never interrupted", e);
    }
  }
}
