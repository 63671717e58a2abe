package trainer.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.shade.protobuf.UnknownFieldSet;
import org.tensorflow.framework.HistogramProto;
import org.tensorflow.framework.Summary;
import trainer.config.ConfigurationLoader;
import trainer.run.Metrics;
import trainer.run.MetricsRow;
import trainer.training.StopSignal;

/** The event files hold what the run recorded, each step once, also after resumes. */
class TensorBoardTest {
  @TempDir private Path folder;

  private void train(int iterations, int stopAt, String... more) throws IOException {
    Path corpus = folder.resolve("corpus.txt");
    Files.writeString(corpus, "from fairest creatures we desire increase, ".repeat(40));
    List<String> settings = new ArrayList<>(List.of(more));
    settings.add("training.max_iterations=" + iterations);
    StopSignal stop = new StopSignal();
    TrainingJob job =
        new TrainingJob(
                ConfigurationLoader.parse(
                    """
                    data: {corpus: '%s'}
                    model: {layers: [{type: graves_lstm, size: 4}]}
                    training: {batch_size: 4, sequence_length: 8, schedule: {type: constant}}
                    evaluation: {every_iterations: 4}
                    checkpoints: {every_iterations: 3}
                    samples: {every_iterations: 4, length: 20, temperatures: [0.5]}
                    compute: {engine: nd4j}
                    """
                        .formatted(corpus),
                    "board.yml",
                    settings),
                folder.resolve("run"))
            .stop(stop)
            .listener(
                state -> {
                  if (state.iteration() == stopAt) {
                    stop.request("the test");
                  }
                });
    job.run();
  }

  /** The values of each tag by step. */
  private Map<String, Map<Long, Summary.Value>> written() throws IOException {
    Map<String, Map<Long, Summary.Value>> values = new LinkedHashMap<>();
    for (Path file : EventFiles.files(folder.resolve("run/tensorboard"))) {
      try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
        byte[] bytes;
        while ((bytes = EventFiles.next(in, Files.size(file))) != null) {
          UnknownFieldSet event = UnknownFieldSet.parseFrom(bytes);
          long step = event.getField(2).getVarintList().get(0);
          for (var summary : event.getField(5).getLengthDelimitedList()) {
            for (Summary.Value value : Summary.parseFrom(summary).getValueList()) {
              Summary.Value other =
                  values.computeIfAbsent(value.getTag(), tag -> new TreeMap<>()).put(step, value);
              assertThat(other).as("%s at step %d, twice", value.getTag(), step).isNull();
            }
          }
        }
      }
    }
    return values;
  }

  private void assertRows(Map<String, Map<Long, Summary.Value>> written) {
    List<MetricsRow> rows = Metrics.read(folder.resolve("run/metrics.csv"));
    assertThat(rows).hasSizeGreaterThan(5);
    Map<Long, Float> train = new TreeMap<>();
    Map<Long, Float> validation = new TreeMap<>();
    for (MetricsRow row : rows) {
      train.put((long) row.iteration(), row.trainLoss().floatValue());
      if (row.validationLoss() != null) {
        validation.put((long) row.iteration(), row.validationLoss().floatValue());
      }
    }
    assertScalars(written.get("loss/train"), train);
    assertScalars(written.get("loss/validation"), validation);
  }

  private static void assertScalars(Map<Long, Summary.Value> values, Map<Long, Float> rows) {
    assertThat(values.keySet()).isEqualTo(rows.keySet());
    rows.forEach(
        (step, number) ->
            assertThat(values.get(step).getSimpleValue())
                .isCloseTo(number, org.assertj.core.data.Offset.offset(1e-6f)));
  }

  @Test
  void holdsScalarsTextsHistogramsAndThePicture() throws IOException {
    train(12, 0, "tensorboard.directory=tensorboard");
    Map<String, Map<Long, Summary.Value>> written = written();

    assertRows(written);
    assertThat(written.get("samples/temperature 0.5").keySet()).containsExactly(4L, 8L, 12L);
    assertThat(written.get("configuration").get(0L).getTensor().getStringVal(0).toStringUtf8())
        .contains("type: graves_lstm");
    assertThat(written.get("_hparams_/session_start_info")).containsOnlyKeys(0L);
    assertThat(written.get("loss")).containsOnlyKeys(12L);
    assertThat(written.get("updates/layer0.peephole.forget").keySet()).containsExactly(8L, 12L);
    HistogramProto weights =
        written.get("weights/layer0.recurrent_weights.forget").get(8L).getHisto();
    assertThat(weights.getNum()).isEqualTo(16);
    assertThat(weights.getBucketList().stream().mapToDouble(each -> each).sum()).isEqualTo(16);
    assertThat(weights.getBucketLimitList()).isSorted().endsWith(weights.getMax());
  }

  @Test
  void aResumedRunHasEachStepOnce() throws IOException {
    train(12, 8, "tensorboard.directory=tensorboard");
    Files.copy(
        folder.resolve("run/checkpoints/6.zip"),
        folder.resolve("run/latest.zip"),
        java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    Files.deleteIfExists(folder.resolve("run/checkpoints/8.zip"));
    Files.deleteIfExists(folder.resolve("run/best.zip"));
    Path first = EventFiles.files(folder.resolve("run/tensorboard")).get(0);
    Files.write(first, new byte[] {1, 2, 3}, java.nio.file.StandardOpenOption.APPEND);
    train(12, 0, "tensorboard.directory=tensorboard");

    assertThat(EventFiles.files(folder.resolve("run/tensorboard"))).hasSize(2);
    Map<String, Map<Long, Summary.Value>> written = written();
    assertRows(written);
    assertThat(written.get("samples/temperature 0.5").keySet()).containsExactly(4L, 8L, 12L);
  }

  /** TensorBoard reads them in the order of their names. */
  @Test
  void aFileOfALaterStartComesLastAlsoIfTheClockWasSetBack() {
    for (int second : new int[] {2000, 1000, 2000}) {
      Clock clock = Clock.fixed(Instant.ofEpochSecond(second), ZoneOffset.UTC);
      EventFiles.open(folder, 0, clock).close();
    }
    assertThat(EventFiles.files(folder))
        .extracting(file -> file.getFileName().toString())
        .containsExactly(
            "events.out.tfevents.0000002000.trainer.0000",
            "events.out.tfevents.0000002000.trainer.0001",
            "events.out.tfevents.0000002000.trainer.0002");
  }

  @Test
  void filesAskedForLaterHaveTheRowsSoFar() throws IOException {
    train(12, 8);
    assertThat(folder.resolve("run/tensorboard")).doesNotExist();
    train(12, 0, "tensorboard.directory=tensorboard");

    assertRows(written());
  }
}
