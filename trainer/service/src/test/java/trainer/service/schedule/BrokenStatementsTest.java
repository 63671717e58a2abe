package trainer.service.schedule;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import trainer.run.RunDirectory;
import trainer.service.database.BreakingDriver;
import trainer.service.database.BreakingDriver.How;
import trainer.service.database.Database;
import trainer.service.database.DatabaseException;
import trainer.service.database.Dialect;
import trainer.service.database.Sql;
import trainer.service.database.TestDatabases;
import trainer.service.database.WriteProbe;
import trainer.service.registry.Champions;
import trainer.service.registry.Checkpoints;
import trainer.service.registry.Decision;
import trainer.service.registry.Deletions;
import trainer.service.registry.ModelVersion;
import trainer.service.registry.Registry;
import trainer.service.registry.RegistryFiles;
import trainer.service.runs.DeviceKind;
import trainer.service.runs.Labels;
import trainer.service.runs.Lease;
import trainer.service.runs.Outcome;
import trainer.service.runs.Run;
import trainer.service.runs.RunQueue;
import trainer.service.runs.Runs;
import trainer.service.runs.SearchedRuns;
import trainer.service.runs.SearchedRuns.Searched;
import trainer.service.runs.Submission;
import trainer.service.runs.Submissions;
import trainer.service.schedule.SchedulePlan.Missed;
import trainer.service.schedule.SchedulePlan.Start;
import trainer.service.schedule.TriggerRuns.Inputs;
import trainer.service.sweep.Sweep;
import trainer.service.sweep.SweepPlan;
import trainer.service.sweep.Sweeps;
import trainer.service.sweep.Trial;
import trainer.service.webhook.Deliveries;
import trainer.service.webhook.Delivery;
import trainer.service.webhook.Event;
import trainer.service.webhook.Targets;
import trainer.service.webhook.Webhooks;

/**
 * Every write of the service, with each of its statements broken in turn: it happens wholly or not
 * at all, and the next one on the same connection too.
 */
@Tag("slow")
final class BrokenStatementsTest {
  private static final Duration LEASE = Duration.ofMinutes(4);

  /** One of so many statements of a migration is broken. PostgreSQL starts slowly. */
  private static final Map<Dialect, Integer> STRIDES =
      Map.of(Dialect.SQLITE, 11, Dialect.POSTGRESQL, 29);

  private static final Set<DeviceKind> ALL = EnumSet.allOf(DeviceKind.class);
  private static final List<String> TABLES =
      List.of(
          "runs",
          "attempts",
          "idempotency_keys",
          "searched_runs",
          "models",
          "model_versions",
          "model_aliases",
          "promotions",
          "schedules",
          "firings",
          "sweeps",
          "trials",
          "webhooks",
          "deliveries",
          "write_probe");

  /** These only wait for others. */
  private static final Set<String> CHANGE_NOTHING =
      Set.of("whether a run is kept", "whether a model is kept");

  /** One for all writes, emptied before each: to make another takes longer than most writes. */
  private static Database postgresql;

  @TempDir private Path folder;
  private Database database;
  private Runs runs;
  private SearchedRuns searchedRuns;
  private RunQueue queue;
  private Registry registry;
  private Champions champions;
  private Deletions deletions;
  private Schedules schedules;
  private Triggers triggers;
  private TriggerRuns triggerRuns;
  private Sweeps sweeps;
  private Webhooks webhooks;
  private Deliveries deliveries;
  private int number;
  private Map<String, List<String>> known; // rows by table; null: something was prepared since

  /** Makes ready what is changed; returns the write. */
  private interface Write {
    Runnable prepared() throws IOException;
  }

  private void open(Dialect dialect) throws SQLException {
    BreakingDriver.install();
    database =
        dialect == Dialect.SQLITE
            ? Database.open(TestDatabases.sqliteWithTables(folder))
            : emptyPostgresql();
    runs = new Runs(database);
    searchedRuns = new SearchedRuns(database);
    queue = new RunQueue(database, "worker");
    RegistryFiles files = new RegistryFiles(folder);
    registry = new Registry(database, files);
    champions = new Champions(database, files);
    deletions = new Deletions(database, files);
    schedules = new Schedules(database);
    triggers = new Triggers(database);
    triggerRuns = new TriggerRuns(database, runs, "worker");
    sweeps = new Sweeps(database, runs);
    webhooks = new Webhooks(database, new Targets(Set.of("localhost")));
    deliveries = new Deliveries(database);
    webhooks.create("http://localhost/", List.of(Event.values()), "anna");
  }

  private static Database emptyPostgresql() {
    if (postgresql == null) {
      postgresql = Database.open(TestDatabases.postgresqlWithTables());
    }
    String tables =
        TABLES.stream().filter(table -> !table.equals("write_probe")).collect(joining(", "));
    postgresql.write(connection -> Sql.of("TRUNCATE " + tables).update(connection));
    return postgresql;
  }

  @AfterEach
  void close() {
    BreakingDriver.mend();
    if (database != null && database != postgresql) {
      database.close();
    }
  }

  @AfterAll
  static void closePostgresql() {
    if (postgresql != null) {
      postgresql.close();
    }
  }

  private Map<String, Write> writes() {
    Map<String, Write> writes = new LinkedHashMap<>();
    writes.put("submit", () -> () -> runs.submit(Submissions.of("small", "x", 0, "anna", null)));
    writes.put(
        "submit with a key",
        () -> {
          String key = "key " + number;
          return () -> runs.submit(Submissions.of("small", "x", 0, "anna", key));
        });
    writes.put(
        "fork",
        () -> {
          Submission submission = Submissions.of("small", "x", 0, "anna", null);
          return () -> runs.fork(submission, "", "a-00000000@1", Runs.newId(submission));
        });
    writes.put("cancel", () -> on(queued(), runs::cancel));
    writes.put(
        "label a run",
        () ->
            on(queued(), id -> runs.label(id, before -> new Labels(List.of("a"), "a note", true))));
    writes.put("cancel a running run", () -> on(taken().run(), runs::cancel));
    writes.put("resume", () -> on(cancelled(), runs::resume));
    writes.put(
        "keep what runs are searched by",
        () -> {
          Searched searched = new Searched("seed: 1\n", 0, "");
          Map<Long, Searched> found = new HashMap<>();
          found.put(queued().number(), searched);
          found.put(queued().number(), searched);
          return () -> searchedRuns.keep(found);
        });
    writes.put("delete a run", () -> on(cancelled(), id -> runs.delete(id, () -> {})));
    writes.put(
        "forget keys",
        () -> {
          runs.submit(Submissions.of("small", "x", 0, "anna", "key " + number));
          change("UPDATE idempotency_keys SET created_at = 0");
          return runs::forgetKeys;
        });
    writes.put(
        "take a run",
        () -> {
          queued();
          return () -> queue.take(LEASE, ALL);
        });
    writes.put(
        "renew leases",
        () -> {
          long run = taken().run().number();
          return () -> queue.renew(LEASE.multipliedBy(2), List.of(run));
        });
    writes.put(
        "end an attempt",
        () -> {
          Lease lease = taken();
          return () -> queue.end(lease, Outcome.succeeded());
        });
    writes.put(
        "requeue an attempt",
        () -> {
          Lease lease = taken();
          return () -> queue.end(lease, Outcome.retried("it failed", Duration.ZERO));
        });
    writes.put(
        "requeue expired runs",
        () -> {
          taken();
          change("UPDATE runs SET lease_until = 1 WHERE lease_until IS NOT NULL");
          return () -> queue.giveBackExpired(Integer.MAX_VALUE);
        });
    writes.put(
        "interrupt expired runs",
        () -> {
          taken();
          change("UPDATE runs SET lease_until = 1 WHERE lease_until IS NOT NULL");
          return () -> queue.giveBackExpired(0);
        });
    writes.put(
        "register the first version",
        () -> {
          RunDirectory trained = trained();
          String name = "model-" + number;
          return () -> registry.register(name, trained, "small-1", "anna");
        });
    writes.put(
        "register another version",
        () -> {
          String name = version().model();
          RunDirectory trained = trained();
          return () -> registry.register(name, trained, "small-2", "anna");
        });
    writes.put(
        "restore a version",
        () -> {
          RunDirectory trained = trained();
          String name = "model-" + number;
          registry.register(name, trained, "small-1", "anna");
          change("UPDATE model_versions SET deleted_at = 1");
          return () -> registry.register(name, trained, "small-1", "anna");
        });
    writes.put(
        "prune",
        () -> {
          String name = version().model();
          registry.register(name, trained(), "small-2", "anna");
          return () -> deletions.prune(name, 1);
        });
    writes.put(
        "delete a version",
        () -> {
          ModelVersion version = version();
          return () -> deletions.delete(version);
        });
    writes.put(
        "delete a model",
        () -> {
          String name = version().model();
          return () -> deletions.delete(name);
        });
    writes.put(
        "promote",
        () -> {
          Decision decision = decision(version());
          return () -> champions.promote(decision, null);
        });
    writes.put(
        "keep",
        () -> {
          Decision decision = decision(version());
          return () -> database.write(connection -> champions.keep(connection, decision, 0));
        });
    writes.put(
        "roll back",
        () -> {
          ModelVersion first = version();
          champions.promote(decision(first), null);
          champions.promote(
              decision(registry.register(first.model(), trained(), "small-2", "anna")), null);
          return () -> champions.rollBack(first.model(), "ben", "worse", 2);
        });
    writes.put(
        "create a schedule",
        () -> {
          SchedulePlan plan = plan("schedule-" + number, false);
          return () -> schedules.create(plan, "anna");
        });
    writes.put(
        "change a schedule",
        () -> {
          SchedulePlan plan = plan(schedule().plan().name(), true);
          return () -> schedules.change(plan, "anna");
        });
    writes.put("pause a schedule", () -> on(schedule(), name -> schedules.pause(name, "ben")));
    writes.put(
        "resume a schedule",
        () -> {
          Schedule schedule = schedule();
          schedules.pause(schedule.plan().name(), "ben");
          return on(schedule, name -> schedules.resume(name, "ben"));
        });
    writes.put("delete a schedule", () -> on(requested(), schedules::delete));
    writes.put(
        "forget trigger runs",
        () -> {
          TriggerRun triggerRun = takenTrigger();
          triggerRuns.end(triggerRun, TriggerOutcome.skipped("unchanged"));
          return () -> schedules.forgetTriggerRuns(0);
        });
    writes.put(
        "trigger by request",
        () -> {
          String name = schedule().plan().name();
          return () -> triggers.request(name, "ben", "key", true);
        });
    writes.put(
        "trigger by time",
        () -> {
          String name = schedule().plan().name();
          change("UPDATE schedules SET next_at = 1 WHERE name = '%s'".formatted(name));
          Schedule due = schedules.find(name).orElseThrow();
          return () -> triggers.fire(due);
        });
    writes.put(
        "move a schedule after the clock was set back",
        () -> {
          String name = schedule().plan().name();
          change("UPDATE schedules SET next_at = 4e12 WHERE name = '%s'".formatted(name));
          return triggers::followClock;
        });
    writes.put(
        "take a trigger run",
        () -> {
          requested();
          return () -> triggerRuns.take(LEASE);
        });
    writes.put(
        "renew a trigger run",
        () -> {
          TriggerRun taken = takenTrigger();
          return () -> triggerRuns.renew(taken, LEASE.multipliedBy(2));
        });
    writes.put(
        "submit the run of a trigger run",
        () -> {
          TriggerRun taken = takenTrigger();
          String key = "firing " + number;
          return () ->
              triggerRuns.train(
                  taken, Submissions.of("small", "x", 0, "schedule", key), new Inputs("c", "d"));
        });
    writes.put(
        "end a trigger run with a promotion",
        () -> {
          TriggerRun taken = takenTrigger();
          Decision decision = decision(version());
          return () ->
              triggerRuns.end(
                  taken,
                  new TriggerOutcome(TriggerRunState.PROMOTED, "better", 1, null, null),
                  connection -> champions.promote(connection, decision, null));
        });
    writes.put(
        "fail a trigger run",
        () -> {
          TriggerRun taken = takenTrigger();
          return () -> triggerRuns.end(taken, TriggerOutcome.failed("no text"));
        });
    writes.put(
        "release a trigger run",
        () -> {
          TriggerRun taken = takenTrigger();
          return () -> triggerRuns.release(taken);
        });
    writes.put("submit a sweep", () -> () -> sweeps.submit(sweepRequest()));
    writes.put(
        "cancel a sweep",
        () -> {
          String id = sweeps.submit(sweepRequest()).sweep().id();
          return () -> sweeps.cancel(id);
        });
    writes.put(
        "take a sweep further",
        () -> {
          Sweep sweep = sweeps.submit(sweepRequest()).sweep();
          change("UPDATE runs SET state = 'succeeded' WHERE train_until IS NOT NULL");
          List<Trial> trials = sweeps.trials(sweep);
          return () -> sweeps.advance(sweep, trials, trials.size());
        });
    writes.put(
        "end a sweep",
        () -> {
          Sweep sweep = sweeps.submit(sweepRequest()).sweep();
          List<Trial> trials = sweeps.trials(sweep);
          return () -> sweeps.end(sweep, trials, Sweep.State.FAILED, "none was trained", null);
        });
    writes.put(
        "delete a sweep",
        () -> {
          Sweep sweep = sweeps.submit(sweepRequest()).sweep();
          sweeps.cancel(sweep.id());
          sweeps.end(sweep, List.of(), Sweep.State.CANCELLED, null, null);
          return () -> sweeps.delete(sweep, run -> {});
        });
    writes.put(
        "create a webhook",
        () -> () -> webhooks.create("http://localhost/", List.of(Event.MODEL_KEPT), "anna"));
    writes.put(
        "delete a webhook",
        () -> {
          long webhook =
              webhooks
                  .create("http://localhost/", List.of(Event.RUN_CANCELLED), "anna")
                  .webhook()
                  .number();
          cancelled();
          return () -> webhooks.delete(webhook);
        });
    writes.put(
        "claim a message",
        () -> {
          cancelled();
          return () -> deliveries.claim(Set.of());
        });
    writes.put(
        "note an answer",
        () -> {
          cancelled();
          Delivery claimed = deliveries.claim(Set.of()).orElseThrow().delivery();
          return () -> deliveries.note(claimed, "delivered", "status 200", Duration.ZERO);
        });
    writes.put("whether a run is kept", () -> on(queued(), runs::isKept));
    writes.put(
        "whether a model is kept",
        () -> {
          Files.createDirectories(folder.resolve("registry/.deleted-1-model"));
          return deletions::finishDeleting;
        });
    writes.put(
        "probe",
        () -> {
          change("UPDATE write_probe SET written_at = 0");
          return () -> {
            try (WriteProbe probe = new WriteProbe(database)) {
              probe.succeeds();
            }
          };
        });
    writes.put(
        "forget deliveries",
        () -> {
          cancelled();
          change("UPDATE deliveries SET ended_at = 0");
          return webhooks::forgetDeliveries;
        });
    return writes;
  }

  static Stream<Arguments> cases() {
    return Stream.of(Dialect.values())
        .flatMap(
            dialect ->
                new BrokenStatementsTest()
                    .writes().keySet().stream().map(name -> Arguments.of(dialect, name)));
  }

  @ParameterizedTest(name = "{0}: {1}")
  @MethodSource("cases")
  void aWriteHappensWhollyOrNotAtAll(Dialect dialect, String name) throws Exception {
    open(dialect);
    Write write = writes().get(name);
    Map<String, List<Integer>> whole = changes(prepared(write));
    assertThat(whole.isEmpty()).isEqualTo(CHANGE_NOTHING.contains(name));
    int statement = 1;
    while (isBroken(write, statement, whole)) {
      statement++;
    }
    assertThat(statement).as("begin, a statement, commit").isGreaterThan(3);
  }

  /** A new write belongs into the list above. */
  @Test
  void allWritesOfTheServiceAreBroken() throws Exception {
    open(Dialect.SQLITE);
    for (Write write : writes().values()) {
      prepared(write).run();
    }
    assertThat(BreakingDriver.writers()).containsAll(writesInTheSources());
  }

  /** As {@code FILE:LINE}. */
  private static Set<String> writesInTheSources() throws IOException {
    Pattern call = Pattern.compile("\\bdatabase\\s*[.]write[(]");
    Set<String> lines = new TreeSet<>();
    try (Stream<Path> files = Files.walk(Path.of("src/main/java"))) {
      for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
        String text = Files.readString(file);
        call.matcher(text)
            .results()
            .forEach(
                match ->
                    lines.add(
                        "%s:%d"
                            .formatted(
                                file.getFileName(),
                                text.substring(0, match.end()).lines().count())));
      }
    }
    assertThat(lines).hasSizeGreaterThan(20);
    return lines;
  }

  @ParameterizedTest
  @EnumSource(Dialect.class)
  void aMigrationThatFailsIsCompletedAtTheNextStart(Dialect dialect) throws Exception {
    BreakingDriver.install();
    boolean broken = true;
    for (int statement = 1; broken; statement += STRIDES.get(dialect)) {
      String url =
          dialect == Dialect.SQLITE
              ? TestDatabases.sqlite(folder.resolve("start-" + statement))
              : TestDatabases.postgresql();
      BreakingDriver.breakStatement(statement, How.CUT);
      try {
        Database.open(url).close();
      } catch (DatabaseException e) {
        assertThat(e).hasMessageContaining("cannot be used");
      } finally {
        broken = BreakingDriver.mend();
      }
      database = Database.open(url);
      runs = new Runs(database);
      assertThat(runs.find(queued().id())).as("statement %d", statement).isPresent();
      database.close();
    }
  }

  /**
   * Breaks a statement of a write in every way, on PostgreSQL in one of them, the next in another;
   * returns false if it has fewer.
   */
  private boolean isBroken(Write write, int statement, Map<String, List<Integer>> whole)
      throws IOException {
    List<How> ways = List.of(How.values());
    int way = statement % ways.size();
    for (How how : database.dialect() == Dialect.SQLITE ? ways : ways.subList(way, way + 1)) {
      String what = "statement %d, %s".formatted(statement, how);
      Runnable prepared = prepared(write);
      AtomicBoolean broken = new AtomicBoolean();
      Map<String, List<Integer>> changed =
          changes(
              () -> {
                BreakingDriver.breakStatement(statement, how);
                try {
                  prepared.run();
                } catch (DatabaseException | OutOfMemoryError e) {
                  assertThat(e).as(what).hasMessageContaining("broken by the test");
                } finally {
                  broken.set(BreakingDriver.mend());
                }
              });
      if (!broken.get()) {
        assertThat(changed).as(what).isEqualTo(whole);
        return false;
      }
      assertThat(changed).as(what).isIn(Map.of(), whole);
      assertThat(changes(this::refused)).as(what + ", then a refusal").isEmpty();
      if (changed.isEmpty()) {
        assertThat(changes(prepared)).as(what + ", then again").isEqualTo(whole);
      }
    }
    return true;
  }

  /** A write that is refused after its first statement. */
  private void refused() {
    assertThatThrownBy(
            () ->
                database.write(
                    connection -> {
                      Sql.of(
                              "INSERT INTO idempotency_keys (principal, key, digest, created_at)"
                                  + " VALUES ('p', 'refused', 'd', 0)")
                          .update(connection);
                      throw new IllegalStateException("refused");
                    }))
        .isInstanceOf(IllegalStateException.class);
  }

  private Runnable prepared(Write write) throws IOException {
    number++;
    known = null;
    return write.prepared();
  }

  /** Rows that a write removes and adds, by table. */
  private Map<String, List<Integer>> changes(Runnable write) {
    Map<String, List<String>> before = known == null ? rows() : known;
    write.run();
    known = rows();
    Map<String, List<Integer>> changes = new TreeMap<>();
    known.forEach(
        (table, after) -> {
          List<String> removed = new ArrayList<>(before.get(table));
          after.forEach(removed::remove);
          List<String> added = new ArrayList<>(after);
          before.get(table).forEach(added::remove);
          if (!removed.isEmpty() || !added.isEmpty()) {
            changes.put(table, List.of(removed.size(), added.size()));
          }
        });
    return changes;
  }

  private Map<String, List<String>> rows() {
    return database.read(
        connection -> {
          Map<String, List<String>> rows = new TreeMap<>();
          for (String table : TABLES) {
            rows.put(
                table,
                Sql.of("SELECT * FROM " + table)
                    .list(
                        connection,
                        row -> {
                          List<String> columns = new ArrayList<>();
                          for (int i = 1; i <= row.getMetaData().getColumnCount(); i++) {
                            columns.add(String.valueOf(row.getObject(i)));
                          }
                          return columns.toString();
                        }));
          }
          return rows;
        });
  }

  private void change(String statement) {
    database.write(connection -> Sql.of(statement).update(connection));
  }

  @SuppressWarnings("ReturnValueIgnored") // what is stored counts
  private static Runnable on(Run run, Function<String, ?> write) {
    return () -> write.apply(run.id());
  }

  @SuppressWarnings("ReturnValueIgnored") // what is stored counts
  private static Runnable on(Schedule schedule, Function<String, ?> write) {
    return () -> write.apply(schedule.plan().name());
  }

  private Run queued() {
    return runs.submit(Submissions.of("small", "x", 0, "anna", null)).run();
  }

  private Lease taken() {
    queued();
    return queue.take(LEASE, ALL).orElseThrow();
  }

  private Run cancelled() {
    return runs.cancel(queued().id()).orElseThrow();
  }

  private RunDirectory trained() throws IOException {
    RunDirectory run = new RunDirectory(folder.resolve("trained"));
    Files.createDirectories(run.path());
    Checkpoints.write(run.best(), "model");
    return run;
  }

  private ModelVersion version() throws IOException {
    return registry.register("model-" + number, trained(), "small-1", "anna");
  }

  private static Decision decision(ModelVersion version) {
    return new Decision(version.model(), version.version(), "ben", "better", null);
  }

  private static SchedulePlan plan(String name, boolean overlap) {
    return new SchedulePlan(
        name,
        Cron.of("30 3 * * *", "UTC"),
        "data: {corpus: text.txt}",
        "model",
        Start.FRESH,
        true,
        null,
        0,
        1,
        1,
        Missed.ONCE,
        overlap,
        0);
  }

  private static Sweeps.Request sweepRequest() {
    return new Sweeps.Request(
        new SweepPlan("small", "x", List.of("seed=1,2"), null, 1, 2, null, null),
        8,
        List.of(List.of("seed=1"), List.of("seed=2")),
        Collections.nCopies(2, Submissions.of("small", "x", 0, "anna", null)),
        List.of(),
        "anna",
        null,
        "digest");
  }

  /** The only schedule. */
  private Schedule schedule() {
    change("DELETE FROM schedules");
    return schedules.create(plan("schedule-" + number, false), "anna").orElseThrow();
  }

  private Schedule requested() {
    Schedule schedule = schedule();
    assertThat(triggers.request(schedule.plan().name(), "ben", null, true)).isPresent();
    return schedule;
  }

  private TriggerRun takenTrigger() {
    requested();
    return triggerRuns.take(LEASE).orElseThrow();
  }
}
