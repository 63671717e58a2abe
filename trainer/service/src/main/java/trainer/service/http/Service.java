package trainer.service.http;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import trainer.file.FileErrors;
import trainer.service.Housekeeping;
import trainer.service.database.Database;
import trainer.service.datasets.DatasetRoots;
import trainer.service.datasets.Uploads;
import trainer.service.devices.DeviceSurvey;
import trainer.service.live.LiveRuns;
import trainer.service.registry.Champions;
import trainer.service.registry.Registry;
import trainer.service.registry.RegistryFiles;
import trainer.service.runs.RunFiles;
import trainer.service.runs.RunQueue;
import trainer.service.runs.Runs;
import trainer.service.schedule.Scheduler;
import trainer.service.schedule.Schedules;
import trainer.service.schedule.Triggers;
import trainer.service.webhook.Messenger;
import trainer.service.webhook.Targets;
import trainer.service.webhook.Webhooks;
import trainer.service.worker.TrainingProgram;
import trainer.service.worker.Worker;
import trainer.service.worker.WorkerSettings;

/** The whole service of one process: database, worker, HTTP. */
public final class Service implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Service.class);

  private final Database database;
  private final Worker worker;
  private final Scheduler scheduler;
  private final Messenger messenger;
  private final Housekeeping housekeeping;
  private final EventRoutes events;
  private final GenerateRoute generate;
  private final HttpServer http;
  private volatile boolean draining;

  /**
   * How a service is set up.
   *
   * @param host the address it listens on
   * @param port 0: a free one
   * @param runs where runs are kept
   * @param database its URL
   * @param tokens who may use it
   * @param allowedHosts names besides localhost that it is reached by
   * @param webhookHosts of this machine or a private network that webhooks may lead to
   * @param datasets what submitted configurations may read
   * @param limits of what it takes on
   * @param devices of this machine
   * @param training what trains, and with what settings
   * @param worker how it trains
   */
  public record Settings(
      String host,
      int port,
      Path runs,
      String database,
      Tokens tokens,
      Set<String> allowedHosts,
      Set<String> webhookHosts,
      List<Path> datasets,
      Limits limits,
      DeviceSurvey devices,
      TrainingProgram training,
      WorkerSettings worker) {
    /**
     * Checks that nobody else than this machine's users gets in without a token.
     *
     * @throws IllegalArgumentException if they would
     */
    public Settings {
      if (!tokens.areRequired() && !isLoopback(host)) {
        throw new IllegalArgumentException(
            "--host %s: other machines could use the service without a token: name a --token-file"
                .formatted(host));
      }
      allowedHosts = Set.copyOf(allowedHosts);
      webhookHosts = Set.copyOf(webhookHosts);
      datasets = List.copyOf(datasets);
    }

    private static boolean isLoopback(String host) {
      try {
        for (InetAddress address : InetAddress.getAllByName(host)) {
          if (!address.isLoopbackAddress()) {
            return false;
          }
        }
        return true;
      } catch (UnknownHostException e) {
        throw new IllegalArgumentException(
            "--host %s: is no address of this machine".formatted(host), e);
      }
    }
  }

  /**
   * Starts a service.
   *
   * @throws trainer.service.database.DatabaseException if the database cannot be used
   * @throws AddressException if it cannot listen there
   * @throws IllegalArgumentException if one of its folders cannot be used
   */
  public Service(Settings settings) {
    RunFiles files = new RunFiles(settings.runs());
    use("--runs", files.root(), files::create);
    database = Database.open(settings.database());
    try {
      Limits limits = settings.limits();
      Runs runs = new Runs(database, limits.queuedRuns());
      use("--runs", files.root(), () -> files.finishDeleting(runs::isKept));
      LiveRuns live = new LiveRuns(files);
      DatasetRoots roots = new DatasetRoots(settings.datasets());
      Path uploaded = roots.folders().get(0);
      Uploads uploads = new Uploads(uploaded, limits.uploadBytes());
      use("--datasets", uploaded, uploads::deleteAbandoned);
      String name = workerName();
      worker =
          new Worker(new RunQueue(database, name), files, settings.training(), settings.worker());
      events = new EventRoutes(runs, live, limits);
      Registry registry = new Registry(database, new RegistryFiles(settings.runs()));
      Champions champions = new Champions(database);
      generate = new GenerateRoute(runs, files, registry, settings.training().program());
      Schedules schedules = new Schedules(database);
      Triggers triggers = new Triggers(database);
      scheduler =
          new Scheduler(
              database,
              schedules,
              triggers,
              runs,
              files,
              registry,
              champions,
              roots,
              name,
              settings.training().program(),
              settings.worker().poll(),
              worker::wake);
      Targets targets = new Targets(settings.webhookHosts());
      Webhooks webhooks = new Webhooks(database, targets);
      housekeeping =
          new Housekeeping(
              List.of(runs::forgetKeys, schedules::forgetTriggerRuns, webhooks::forgetDeliveries));
      messenger =
          new Messenger(database, targets, settings.worker().poll(), settings.worker()::backOff);
      ServiceMetrics metrics = new ServiceMetrics(runs, live, schedules, worker, events);
      List<Route> routes = new ArrayList<>();
      routes.addAll(new StatusRoutes(runs, () -> !draining && worker.isHealthy()).routes());
      routes.addAll(
          new RunRoutes(runs, files, live, registry, roots, worker::wake, () -> draining).routes());
      routes.add(new CompareRoute(runs, live).route());
      routes.addAll(new DatasetRoutes(roots, uploads).routes());
      routes.add(new DeviceRoute(settings.devices(), worker).route());
      routes.addAll(new RecordRoutes(runs, files, live).routes());
      routes.addAll(new CheckpointRoutes(runs, files).routes());
      routes.addAll(events.routes());
      routes.addAll(generate.routes());
      routes.addAll(new ModelRoutes(registry, champions, runs, files).routes());
      routes.addAll(new ScheduleRoutes(schedules, triggers, roots, scheduler::wake).routes());
      routes.addAll(new WebhookRoutes(webhooks).routes());
      routes.add(metrics.route());
      routes.addAll(new PageRoutes().routes());
      http =
          new HttpServer(
              new Guard(settings.tokens(), settings.allowedHosts()), routes, metrics, limits);
      http.start(settings.host(), settings.port());
      events.start();
      worker.start();
      scheduler.start();
      messenger.start();
      housekeeping.start();
    } catch (RuntimeException e) {
      database.close();
      throw e;
    }
  }

  /** What is done in a folder. */
  private interface FolderUse {
    void run() throws IOException;
  }

  private static void use(String option, Path folder, FolderUse use) {
    try {
      use.run();
    } catch (IOException e) {
      throw new IllegalArgumentException(
          "%s %s: cannot be used (%s): the service needs a folder in which it may read, write and"
                  .formatted(option, folder, FileErrors.withFile(e))
              + " delete: change its rights, or name another folder with %s".formatted(option),
          e);
    }
  }

  private static String workerName() {
    String host;
    try {
      host = InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      host = "unknown";
    }
    // The number of a process is used again; a lease of the one before must not be taken for ours.
    return "%s/%d/%s"
        .formatted(
            host, ProcessHandle.current().pid(), UUID.randomUUID().toString().substring(0, 8));
  }

  /** The port it listens on. */
  public int port() {
    return http.port();
  }

  /** Its routes, for tests. */
  List<Route> routes() {
    return http.routes();
  }

  /**
   * Stops it: new runs are refused, those that are running leave a checkpoint and go back to the
   * queue.
   */
  @Override
  public void close() {
    draining = true;
    LOG.info("stopping: {} runs leave a checkpoint and go back to the queue", worker.running());
    scheduler.close();
    worker.close();
    messenger.close();
    housekeeping.close();
    events.close();
    http.close();
    generate.close();
    database.close();
  }
}
