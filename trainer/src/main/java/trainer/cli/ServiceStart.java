package trainer.cli;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import trainer.service.http.Service;
import trainer.service.http.Tokens;
import trainer.service.worker.TrainingProgram;
import trainer.service.worker.WorkerSettings;
import trainer.training.StopSignal;

/**
 * A service as the command line describes it. Apart from the command, so that others do not load
 * it.
 */
final class ServiceStart {
  private static final int MOST_PORTS = 65535;

  private final Service.Settings settings;

  /**
   * @param database null: an SQLite file in the runs directory
   * @param datasets empty: the folder datasets
   * @param tokenFile null: no tokens
   * @throws IllegalArgumentException if a service cannot be like that; the message names the option
   */
  ServiceStart(
      String host,
      int port,
      Path runs,
      String database,
      List<Path> datasets,
      Path tokenFile,
      List<String> allowedHosts,
      List<String> webhookHosts,
      int slots) {
    if (slots < 1) {
      throw new IllegalArgumentException("--slots %d: must be at least 1".formatted(slots));
    }
    if (port < 0 || port > MOST_PORTS) {
      throw new IllegalArgumentException(
          "--port %d: must be from 0 to %d".formatted(port, MOST_PORTS));
    }
    Set<String> hosts = new HashSet<>();
    hosts.add(host.toLowerCase(Locale.ROOT));
    allowedHosts.forEach(name -> hosts.add(name.toLowerCase(Locale.ROOT)));
    settings =
        new Service.Settings(
            host,
            port,
            runs,
            database == null ? "jdbc:sqlite:" + runs.resolve("service.db") : database,
            tokenFile == null ? Tokens.none() : Tokens.read(tokenFile),
            hosts,
            Set.copyOf(webhookHosts),
            datasets.isEmpty() ? List.of(Path.of("datasets")) : datasets,
            program(slots),
            WorkerSettings.withSlots(slots));
  }

  /** This program itself; runs that are trained at the same time share the processors. */
  private static TrainingProgram program(int slots) {
    List<String> java =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            System.getProperty("java.class.path"),
            Main.class.getName());
    int processors = Runtime.getRuntime().availableProcessors();
    return new TrainingProgram(
        java,
        slots == 1 ? List.of() : List.of("compute.threads=" + Math.max(1, processors / slots)));
  }

  /** Serves until it is asked to stop. */
  void serve(StopSignal stop) {
    try (Service service = new Service(settings)) {
      Console.line(
          "serving on http://%s:%d, runs in %s"
              .formatted(settings.host(), service.port(), settings.runs()));
      while (!stop.requested()) {
        TimeUnit.MILLISECONDS.sleep(100);
      }
    } catch (InterruptedException e) {
      throw new AssertionError("nobody interrupts the main thread", e);
    }
  }
}
