package trainer.service.worker;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import trainer.service.database.Database;
import trainer.service.runs.RunFiles;
import trainer.service.runs.RunQueue;

/** A process that works on a queue with {@link StandInTrainer}, until its standard input ends. */
public final class StandInWorker {
  /** A lease as short as can be told from the pauses of a busy machine. */
  static final Duration LEASE = Duration.ofSeconds(2);

  private StandInWorker() {}

  /** Settings as in use, with shorter times. */
  public static WorkerSettings settings(int slots) {
    return new WorkerSettings(
        slots,
        LEASE,
        Duration.ofMillis(400),
        Duration.ofMillis(100),
        20,
        Duration.ofMillis(10),
        Duration.ofSeconds(10));
  }

  public static TrainingProgram program() {
    return new TrainingProgram(java(StandInTrainer.class), List.of());
  }

  /** A command that runs a class of the tests. */
  public static List<String> java(Class<?> main) {
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-XX:TieredStopAtLevel=1",
        "-XX:+UseSerialGC",
        "-Xshare:auto",
        "-Xmx64m",
        "-cp",
        System.getProperty("java.class.path"),
        main.getName());
  }

  public static void main(String[] words) throws Exception {
    try (Database database = Database.open(words[0])) {
      Worker worker =
          new Worker(
              new RunQueue(database, words[2]),
              new RunFiles(Path.of(words[1])),
              program(),
              settings(Integer.parseInt(words[3])));
      worker.start();
      while (System.in.read() >= 0) {
        // Nothing is said there.
      }
      worker.close();
    }
  }
}
