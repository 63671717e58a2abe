package trainer.service.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import trainer.run.MetricsRow;
import trainer.service.database.Database;
import trainer.service.database.TestDatabases;
import trainer.service.devices.NvidiaSmi;
import trainer.service.live.ResourceHistory;
import trainer.service.live.ResourceHistory.Used;
import trainer.service.runs.DeviceKind;
import trainer.service.runs.Lease;
import trainer.service.runs.RunFiles;
import trainer.service.runs.RunQueue;
import trainer.service.runs.Runs;
import trainer.service.runs.Submissions;

@Tag("slow")
final class ResourceRecorderTest {
  @TempDir private Path folder;

  /** Of several GPUs: the mean, and the sum. */
  @ParameterizedTest
  @CsvSource({"1, 93, 1073741824", "2, 68, 3221225472"})
  void aRunInAGpuSlotHasTheUseOfItsGpus(int number, int percent, long bytes) throws Exception {
    NvidiaSmi gpus =
        new NvidiaSmi(
            List.of(
                "sh",
                "-c",
                "case $2 in --id=GPU-1a2b) echo '93, 1024';; --id=GPU-3c) echo '43, 2048';; esac"));
    List<Slot.Gpu> both = List.of(new Slot.Gpu(0, "GPU-1a2b"), new Slot.Gpu(1, "GPU-3c"));
    RunFiles files = new RunFiles(folder.resolve("runs"));
    Process process = new ProcessBuilder("sleep", "60").start();
    try (Database database = Database.open(TestDatabases.sqliteWithTables(folder));
        ResourceRecorder recorder = new ResourceRecorder(files, Duration.ofMillis(20), gpus)) {
      new Runs(database).submit(Submissions.of("small", "x", 0, "anna", null));
      Lease lease =
          new RunQueue(database, "worker")
              .take(Duration.ofMinutes(1), EnumSet.allOf(DeviceKind.class))
              .orElseThrow();
      files.prepare(lease, before -> true, () -> {});
      MetricsRow row = new MetricsRow(5, 0, 5, 1.5, 1.0, null, 0.1, 1.0, 1.0);
      Files.writeString(
          files.newest(lease.run()).metrics(), MetricsRow.HEADER + "\n" + row.line() + "\n");
      recorder.follow(
          List.of(
              new TrainingProcess(
                  lease, new Slot.Gpus(both.subList(0, number)), process, folder.resolve("log"))));
      recorder.start();
      List<Used> used = List.of();
      for (int i = 0; i < 1000 && used.isEmpty(); i++) {
        TimeUnit.MILLISECONDS.sleep(20);
        used = ResourceHistory.read(files.resourceHistories(lease.run()));
      }
      assertThat(used).hasSize(1);
      assertThat(used.get(0).iteration()).isEqualTo(5);
      assertThat(used.get(0).gpuPercent()).isEqualTo(percent);
      assertThat(used.get(0).gpuMemoryBytes()).isEqualTo((double) bytes);
      assertThat(Files.readString(files.resources(lease.run())))
          .contains("\"gpu_percent\":%d,\"gpu_memory_bytes\":%d".formatted(percent, bytes));
    } finally {
      process.destroyForcibly();
    }
  }
}
