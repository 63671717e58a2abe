package trainer.service.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import trainer.config.ConfigurationLoader;
import trainer.run.Provenance;
import trainer.run.RunDirectory;
import trainer.service.database.Database;
import trainer.service.database.TestDatabases;
import trainer.service.datasets.DatasetRoots;
import trainer.service.datasets.SubmissionRules;
import trainer.service.program.Program;
import trainer.service.runs.DeviceKind;
import trainer.service.runs.Lease;
import trainer.service.runs.Outcome;
import trainer.service.runs.Run;
import trainer.service.runs.RunFiles;
import trainer.service.runs.RunQueue;
import trainer.service.runs.RunState;
import trainer.service.runs.Runs;
import trainer.service.runs.Submissions;
import trainer.text.Corpus;

/** What an attempt starts with. */
final class TrainingProgramTest {
  @TempDir private Path folder;
  private Database database;
  private RunQueue queue;
  private RunFiles files;
  private Path text;
  private int reading;

  @BeforeEach
  void submit() throws IOException {
    database = Database.open(TestDatabases.sqliteWithTables(folder));
    queue = new RunQueue(database, "worker");
    files = new RunFiles(folder.resolve("runs"));
    text = Files.writeString(folder.resolve("text.txt"), "to be or not to be\n".repeat(20));
    String configuration =
        "data: {corpus: %s}\nmodel: {layers: [{type: lstm, size: 4}]}\n".formatted(text);
    new Runs(database).submit(Submissions.of("small", configuration, 0, "anna", null));
  }

  @AfterEach
  void close() {
    database.close();
  }

  private Lease start() throws Exception {
    return start("true");
  }

  private Lease start(String... command) throws Exception {
    Lease lease = queue.take(StandInWorker.LEASE, EnumSet.allOf(DeviceKind.class)).orElseThrow();
    TrainingProgram program =
        new TrainingProgram(
            new Program(List.of(command)), List.of(), new DatasetRoots(List.of(folder)));
    assertThat(
            program
                .start(lease, files, new Slot.Cpu(), () -> reading++, () -> {})
                .handle()
                .onExit()
                .get())
        .isNotNull();
    return lease;
  }

  @Test
  void runsOfSeveralWorkersGoToTheCluster() throws Exception {
    queue.end(
        queue.take(StandInWorker.LEASE, EnumSet.allOf(DeviceKind.class)).orElseThrow(),
        Outcome.cancelled());
    for (int workers : new int[] {1, 2}) {
      String yaml =
          new SubmissionRules(new DatasetRoots(List.of(folder)), true, 1)
              .read(
                  "data: {corpus: text.txt}\nmodel: {layers: [{type: lstm, size: 4}]}\ncompute:"
                      + " {workers: %d}\n".formatted(workers),
                  "small")
              .yaml();
      new Runs(database).submit(Submissions.of("small", yaml, 0, "anna", null));
      Lease lease = queue.take(StandInWorker.LEASE, EnumSet.allOf(DeviceKind.class)).orElseThrow();
      TrainingProgram program =
          new TrainingProgram(
              new Program(List.of("echo", "here")),
              List.of("compute.threads=1", "mlflow.tracking_uri=http://mlflow"),
              new Program(List.of("echo", "cluster")),
              new DatasetRoots(List.of(folder)));
      program.start(lease, files, new Slot.Cpu(), () -> {}, () -> {}).handle().onExit().get();
      assertThat(Files.readString(files.log(lease.run())))
          .startsWith(workers == 1 ? "here train " : "cluster train ")
          .contains("--set=mlflow.tracking_uri=http://mlflow")
          .matches(log -> log.contains("compute.threads") == (workers == 1));
    }
  }

  @Test
  void onlyTextsOfTheServiceAreRead() throws Exception {
    Lease lease = start("sh", "-c", "echo \"$*\"");
    assertThat(Files.readString(files.log(lease.run())))
        .contains(" --confine=" + folder + " --recorded-corpus");
  }

  /** A checkpoint after one iteration. */
  private RunDirectory train(Lease lease) throws IOException {
    RunDirectory run = files.newest(lease.run());
    Corpus corpus =
        Corpus.open(
            ConfigurationLoader.parse(lease.configuration(), "small", List.of()).data(),
            run.corpus());
    Files.writeString(run.vocabulary(), corpus.vocabulary().toJson());
    List<Provenance.CorpusFile> source =
        List.of(new Provenance.CorpusFile("text", corpus.sha256(), corpus.length(), "", 0));
    Files.writeString(
        run.provenance(),
        Provenance.collect("none", "none", List.of(), 1, source, Instant.EPOCH).json());
    Files.writeString(run.checkpoint(1), "one");
    return run;
  }

  @ParameterizedTest
  @CsvSource({
    "whole, same, resumes",
    "whole, changed, resumes",
    "whole, gone, resumes",
    "damaged, same, resumes",
    "damaged, changed, begins again",
    "damaged, gone, begins again",
    "missing, same, resumes",
    "missing, changed, begins again",
    "missing, gone, begins again",
  })
  void aRunResumesOnTheTextThatItBeganWith(String encoded, String source, String expected)
      throws Exception {
    Lease first = start();
    RunDirectory before = train(first);
    switch (encoded) {
      case "damaged" -> {
        byte[] bytes = Files.readAllBytes(before.corpus());
        bytes[bytes.length - 1] ^= 1;
        Files.write(before.corpus(), bytes);
      }
      case "missing" -> Files.delete(before.corpus());
      default -> {}
    }
    switch (source) {
      case "changed" -> Files.writeString(text, "more\n", StandardOpenOption.APPEND);
      case "gone" -> Files.delete(text);
      default -> {}
    }
    queue.end(first, Outcome.released("stopped"));

    assertThat(reading).isZero();
    Lease second = start();
    assertThat(reading > 0)
        .as("leases are renewed while it is read")
        .isEqualTo(!encoded.equals("missing") || !source.equals("gone"));
    assertThat(Files.exists(files.newest(second.run()).checkpoint(1)))
        .isEqualTo(expected.equals("resumes"));
    String log = Files.readString(files.log(second.run()));
    if (expected.equals("resumes")) {
      assertThat(log).isEmpty();
    } else {
      assertThat(log)
          .isEqualTo(
              "%s is missing or damaged, and data.corpus has changed: the run begins again%n"
                  .formatted(before.corpus()));
    }
  }

  /** As of a large text, which takes minutes to read. */
  @Test
  @Timeout(60)
  void aServiceThatStopsDoesNotReadATextToItsEnd() throws Exception {
    Lease first = start();
    Files.delete(train(first).corpus());
    queue.end(first, Outcome.released("stopped"));
    try (RandomAccessFile large = new RandomAccessFile(text.toFile(), "rw")) {
      large.setLength(1L << 40); // takes no space
    }
    Worker worker =
        new Worker(
            queue,
            files,
            new TrainingProgram(
                new Program(List.of("true")), List.of(), new DatasetRoots(List.of(folder))),
            StandInWorker.settings(1));
    worker.start();
    Runs runs = new Runs(database);
    String id = first.run().id();
    while (runs.find(id).orElseThrow().state() != RunState.RUNNING) {
      Thread.sleep(10);
    }
    worker.close();
    Run run = runs.find(id).orElseThrow();
    assertThat(run.state()).isEqualTo(RunState.QUEUED);
    assertThat(run.failures()).isZero();
  }
}
