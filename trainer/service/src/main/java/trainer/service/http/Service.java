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
import trainer.service.PrivateFiles;
import trainer.service.database.Database;
import trainer.service.database.Dialect;
import trainer.service.database.WriteProbe;
import trainer.service.datasets.DatasetRoots;
import trainer.service.datasets.SubmissionRules;
import trainer.service.datasets.Uploads;
import trainer.service.devices.DeviceSurvey;
import trainer.service.inference.InferenceProcess;
import trainer.service.live.LiveRuns;
import trainer.service.live.RunCatalogue;
import trainer.service.registry.Champions;
import trainer.service.registry.Deletions;
import trainer.service.registry.Registry;
import trainer.service.registry.RegistryFiles;
import trainer.service.runs.RunFiles;
import trainer.service.runs.RunQueue;
import trainer.service.runs.Runs;
import trainer.service.runs.SearchedRuns;
import trainer.service.schedule.Scheduler;
import trainer.service.schedule.Schedules;
import trainer.service.schedule.Triggers;
import trainer.service.sweep.SweepRunner;
import trainer.service.sweep.Sweeps;
import trainer.service.webhook.Messenger;
import trainer.service.webhook.Targets;
import trainer.service.webhook.Webhooks;
import trainer.service.worker.Slot;
import trainer.service.worker.TrainingProgram;
import trainer.service.worker.Worker;
import trainer.service.worker.WorkerSettings;

/** The service: database, worker, scheduler, webhooks and HTTP server of one process. */
public final class Service implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Service.class);

  private final Database database;
  private final Worker worker;
  private final Scheduler scheduler;
  private final SweepRunner sweepRunner;
  private final Messenger messenger;
  private final Housekeeping housekeeping;
  private final EventRoutes events;
  private final RunCatalogue catalogue;
  private final Inference inference;
  private final Answers answers;
  private final WriteProbe probe;
  private final HttpServer http;
  private volatile boolean draining;

  /**
   * Settings of a service.
   *
   * @param port 0: any free port
   * @param runs folder of the runs
   * @param database JDBC URL
   * @param allowedHosts host names besides localhost
   * @param webhookHosts private hosts that webhooks may call
   * @param datasets folders that submitted configurations may read
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
    /** Without tokens, only a loopback address is allowed. */
    public Settings {
      if (!tokens.areRequired() && !isLoopback(host)) {
        throw new IllegalArgumentException(
            "--host %s: other machines could use the service without a token: set --token-file"
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
            "--host %s: not an address of this machine".formatted(host), e);
      }
    }
  }

  /**
   * Starts a service.
   *
   * @throws trainer.service.database.DatabaseException if the database is unusable
   * @throws AddressException if it cannot listen
   * @throws IllegalArgumentException if a folder is unusable
   */
  public Service(Settings settings) {
    RunFiles files = new RunFiles(settings.runs());
    use("--runs", files.root(), files::create);
    database = Database.open(settings.database());
    try {
      use("--runs", files.root(), () -> files.belongTo(database.id()));
      Limits limits = settings.limits();
      Runs runs = new Runs(database, limits.queuedRuns());
      use("--runs", files.root(), () -> files.finishDeleting(runs::isKept));
      LiveRuns live = new LiveRuns(files);
      catalogue = new RunCatalogue(runs, new SearchedRuns(database), live);
      DatasetRoots roots = new DatasetRoots(settings.datasets());
      SubmissionRules rules =
          new SubmissionRules(roots, settings.training().cluster() != null, mostGpus(settings));
      Path uploaded = roots.folders().get(0);
      protect(files.root(), roots.folders());
      Uploads uploads = new Uploads(uploaded, limits.uploadBytes());
      use("--datasets", uploaded, uploads::deleteAbandoned);
      String name = workerName();
      worker =
          new Worker(new RunQueue(database, name), files, settings.training(), settings.worker());
      answers = new Answers(limits);
      events = new EventRoutes(runs, live, limits, answers);
      RegistryFiles registryFiles = new RegistryFiles(settings.runs());
      Registry registry = new Registry(database, registryFiles);
      Deletions deletions = new Deletions(database, registryFiles);
      deletions.finishDeleting();
      Champions champions = new Champions(database, registryFiles);
      inference = new Inference(files, registry, settings.training().program());
      Schedules schedules = new Schedules(database);
      Triggers triggers = new Triggers(database);
      scheduler =
          new Scheduler(
              new Scheduler.Stores(
                  database, schedules, triggers, runs, files, registry, champions, deletions,
                  rules),
              new Scheduler.Settings(
                  name,
                  settings.training().program(),
                  settings.worker().lease(),
                  settings.worker().poll(),
                  settings.worker()::backOff,
                  worker::wake));
      Sweeps sweeps = new Sweeps(database, runs);
      sweepRunner =
          new SweepRunner(sweeps, files, live, registry, settings.worker().poll(), worker::wake);
      Targets targets = new Targets(settings.webhookHosts());
      Webhooks webhooks = new Webhooks(database, targets);
      housekeeping =
          new Housekeeping(
              List.of(runs::forgetKeys, schedules::forgetTriggerRuns, webhooks::forgetDeliveries));
      messenger =
          new Messenger(database, targets, settings.worker().poll(), settings.worker()::backOff);
      probe = new WriteProbe(database);
      ServiceMetrics metrics = new ServiceMetrics(runs, live, schedules, worker, events);
      List<Route> routes = new ArrayList<>();
      routes.addAll(
          new StatusRoutes(() -> !draining && worker.isHealthy() && probe.succeeds()).routes());
      routes.addAll(
          new RunRoutes(runs, files, live, catalogue, registry, rules, worker::wake, () -> draining)
              .routes());
      routes.add(new PlanRoute(settings.training(), rules).route());
      routes.add(new CompareRoute(runs, live).route());
      routes.addAll(
          new SweepRoutes(sweeps, runs, files, live, rules, worker::wake, () -> draining).routes());
      routes.addAll(new DatasetRoutes(roots, uploads).routes());
      routes.add(new DeviceRoute(settings.devices(), worker).route());
      routes.addAll(new RecordRoutes(runs, files, live).routes());
      routes.add(new CurveRoute(runs, files, live).route());
      routes.addAll(new CheckpointRoutes(runs, files).routes());
      routes.addAll(events.routes());
      Quota texts = Inference.texts();
      routes.addAll(new GenerateRoute(runs, registry, inference, texts, answers).routes());
      routes.addAll(
          new CompletionRoutes(runs, files, registry, inference, texts, answers).routes());
      routes.addAll(new ExplainRoute(runs, files, registry, inference).routes());
      routes.addAll(new ModelRoutes(registry, champions, deletions, runs, files).routes());
      routes.addAll(new ScheduleRoutes(schedules, triggers, rules, scheduler::wake).routes());
      routes.addAll(new WebhookRoutes(webhooks).routes());
      routes.add(metrics.route());
      routes.addAll(new PageRoutes().routes());
      http =
          new HttpServer(
              new Guard(settings.tokens(), settings.allowedHosts()),
              routes,
              metrics::request,
              limits,
              answers);
      http.start(settings.host(), settings.port());
      events.start();
      worker.start();
      scheduler.start();
      sweepRunner.start();
      messenger.start();
      housekeeping.start();
      catalogue.start();
    } catch (RuntimeException e) {
      database.close();
      throw e;
    }
  }

  /** Of a run: where other services share the database, one may have more than this one. */
  private int mostGpus(Settings settings) {
    return database.dialect() == Dialect.POSTGRESQL
        ? Integer.MAX_VALUE
        : Math.max(1, Slot.gpus(settings.worker().slots()).size());
  }

  /** An operation on a folder. */
  private interface FolderUse {
    void run() throws IOException;
  }

  private static void use(String option, Path folder, FolderUse use) {
    try {
      use.run();
    } catch (IOException e) {
      throw new IllegalArgumentException(
          "%1$s %2$s: cannot be used (%3$s): the service must be able to read, write and delete there: change its permissions, or set another %1$s"
              .formatted(option, folder, FileErrors.withFile(e)),
          e);
    }
  }

  /** Closes the runs to other users; whoever writes to a dataset folder decides what runs read. */
  private static void protect(Path runs, List<Path> datasets) {
    try {
      if (PrivateFiles.isShared(runs)) {
        LOG.warn("--runs {}: every local user may write there: choose another folder", runs);
      } else {
        PrivateFiles.FOLDER.restrict(runs);
      }
      for (Path folder : datasets) {
        if (PrivateFiles.isShared(folder)) {
          LOG.warn("--datasets {}: every local user may write there: chmod o-w {}", folder, folder);
        }
      }
    } catch (IOException e) {
      LOG.warn("--runs {}: {}", runs, e.getMessage());
    }
  }

  private static String workerName() {
    String host;
    try {
      host = InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      host = "unknown";
    }
    // Process ids are reused; an earlier process's lease must not look like ours.
    return "%s/%d/%s"
        .formatted(
            host, ProcessHandle.current().pid(), UUID.randomUUID().toString().substring(0, 8));
  }

  /** The port the service listens on. */
  public int port() {
    return http.port();
  }

  /** For tests. */
  InferenceProcess inference() {
    return inference.process();
  }

  /** For tests. */
  List<Route> routes() {
    return http.routes();
  }

  /**
   * Stops the service: new runs are refused; running ones save a checkpoint and return to the
   * queue.
   */
  @Override
  public void close() {
    draining = true;
    LOG.info("stopping: {} runs save a checkpoint and return to the queue", worker.running());
    scheduler.close();
    sweepRunner.close();
    worker.close();
    messenger.close();
    housekeeping.close();
    catalogue.close();
    events.close();
    http.close();
    inference.close();
    answers.close();
    probe.close();
    database.close();
  }
}
