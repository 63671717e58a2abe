package trainer.service.runs;

import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import trainer.service.database.Database;

/** A queue of runs in some database, and two workers. */
abstract class RunsFixture {
  static final Duration LEASE = Duration.ofMinutes(1);
  static final Set<DeviceKind> ALL = EnumSet.allOf(DeviceKind.class);

  Database database;
  Runs runs;
  RunQueue worker;
  RunQueue other;

  abstract Database open();

  @BeforeEach
  void start() {
    database = open();
    runs = new Runs(database);
    worker = new RunQueue(database, "worker");
    other = new RunQueue(database, "other");
  }

  @AfterEach
  void stop() {
    database.close();
  }

  final Run submit(String name, int priority) {
    return runs.submit(Submissions.of(name, "name: " + name, priority, "anna", null)).run();
  }

  final Run submit() {
    return submit("small", 0);
  }

  final RunState state(Run run) {
    return runs.find(run.id()).orElseThrow().state();
  }
}
