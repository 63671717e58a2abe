package trainer.service.worker;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.joining;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import trainer.process.SharedClasses;
import trainer.service.database.Database;
import trainer.service.database.TestDatabases;
import trainer.service.datasets.DatasetRoots;
import trainer.service.http.StandInService;
import trainer.service.program.Program;
import trainer.service.runs.RunFiles;
import trainer.service.runs.RunQueue;
import trainer.service.runs.RunState;
import trainer.service.runs.Runs;
import trainer.service.runs.Submission;
import trainer.service.runs.Submissions;

/**
 * A process that works on a queue with {@link StandInTrainer}, until its standard input ends. A
 * line {@code submit KEY} there submits a run; when it is submitted, the id is printed. {@code
 * left} asks how many runs have not ended.
 */
public final class StandInWorker {
  /** A lease, as short as the pauses of a busy machine allow. */
  static final Duration LEASE = Duration.ofSeconds(2);

  /** Longer than any pause of a machine on which tests run. */
  static final Duration LONG_LEASE = Duration.ofMinutes(5);

  /** The class that stands in for the trainer. */
  public static final Class<?> TRAINER = StandInTrainer.class;

  private static final String BUILT = System.getProperty("service.jar"); // null: not packaged

  private StandInWorker() {}

  /** Settings as in use, with shorter times but for the lease. */
  public static WorkerSettings settings(int slots) {
    return settings(Slot.cpus(slots));
  }

  static WorkerSettings settings(List<Slot> slots) {
    return settings(slots, LONG_LEASE, Duration.ofSeconds(10));
  }

  /** With a short lease, for services that are killed. */
  public static WorkerSettings mortal(int slots) {
    return settings(Slot.cpus(slots), LEASE, Duration.ofSeconds(10));
  }

  static WorkerSettings settings(List<Slot> slots, Duration lease, Duration grace) {
    return new WorkerSettings(
        slots,
        lease,
        Duration.ofMillis(400),
        Duration.ofMillis(100),
        20,
        Duration.ofMillis(10),
        grace);
  }

  public static TrainingProgram program() {
    return new TrainingProgram(new Program(java(TRAINER)), List.of(), new DatasetRoots(List.of()));
  }

  /** A command that runs a class of the tests. */
  public static List<String> java(Class<?> main) {
    return java(System.getProperty("java.class.path"), main);
  }

  /** The same for a class that loads many others, with an archive of them. */
  public static List<String> javaWithArchive(Class<?> main) {
    return BUILT == null ? java(main) : Archive.command(main);
  }

  /** Archives need a class path of jars. */
  private static final class Archive {
    private static final String CLASS_PATH =
        Stream.concat(
                Stream.of(BUILT + ".jar", BUILT + "-tests.jar"),
                Stream.of(System.getProperty("java.class.path").split(File.pathSeparator)))
            .filter(entry -> entry.endsWith(".jar"))
            .collect(joining(File.pathSeparator));

    private static final List<String> OPTIONS =
        SharedClasses.options(Path.of(BUILT + ".jar"), service());

    private static List<String> service() {
      try {
        Path folder = Files.createTempDirectory(Path.of("target"), "service");
        List<String> command = new ArrayList<>(java(CLASS_PATH, StandInService.class));
        command.addAll(
            List.of(folder.toString(), TestDatabases.sqlite(folder), "1", TRAINER.getName()));
        return command;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    static List<String> command(Class<?> main) {
      List<String> command = new ArrayList<>(java(CLASS_PATH, main));
      command.addAll(1, OPTIONS);
      return command;
    }
  }

  private static List<String> java(String classPath, Class<?> main) {
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-XX:TieredStopAtLevel=1",
        "-XX:+UseSerialGC",
        "-XX:+IgnoreUnrecognizedVMOptions",
        "-XX:+UseTransparentHugePages", // few pages are touched: Linux only
        "-Xshare:auto",
        "-XX:+UnlockDiagnosticVMOptions", // an archive elsewhere has each of its pointers changed
        "-XX:ArchiveRelocationMode=0",
        "-Xmx64m",
        "-Dlogback.configurationFile=" + System.getProperty("logback.configurationFile"),
        "-cp",
        classPath,
        main.getName());
  }

  static Submission submission(String key) {
    return Submissions.of("r", "steps: 4\nmilliseconds: 20\n", 0, "anna", key);
  }

  public static void main(String[] words) throws Exception {
    try (Database database = Database.open(words[0])) {
      Worker worker =
          new Worker(
              new RunQueue(database, words[2]),
              new RunFiles(Path.of(words[1])),
              program(),
              mortal(Integer.parseInt(words[3])));
      worker.start();
      Runs runs = new Runs(database);
      BufferedReader in = new BufferedReader(new InputStreamReader(System.in, UTF_8));
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        if (line.equals("left")) {
          Map<RunState, Integer> counts = runs.counts();
          System.out.println(counts.get(RunState.QUEUED) + counts.get(RunState.RUNNING));
        } else {
          String key = line.substring("submit ".length());
          System.out.println(runs.submit(submission(key)).run().id());
        }
      }
      worker.close();
    }
  }
}
