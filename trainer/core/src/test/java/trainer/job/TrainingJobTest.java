package trainer.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.deeplearning4j.optimize.listeners.CollectScoresIterationListener;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import trainer.checkpoint.Checkpoint;
import trainer.checkpoint.SavedNetwork;
import trainer.config.Checkpoints;
import trainer.config.Compute;
import trainer.config.Compute.EngineType;
import trainer.config.Compute.Precision;
import trainer.config.Configuration;
import trainer.config.ConfigurationLoader;
import trainer.config.Data;
import trainer.config.Evaluation;
import trainer.config.Initializer;
import trainer.config.Layer;
import trainer.config.Layer.CellType;
import trainer.config.Model;
import trainer.config.Samples;
import trainer.config.Training;
import trainer.config.Training.Remainder;
import trainer.disk.Operation;
import trainer.disk.WatchedFileSystem;
import trainer.engine.cpu.CpuEngineProvider;
import trainer.job.TrainingResult.Outcome;
import trainer.run.RunException;
import trainer.sampling.Sampling;
import trainer.text.Vocabulary;
import trainer.training.Phase;
import trainer.training.StopSignal;
import trainer.training.TrainingState;

/** Training through the library's interface. */
final class TrainingJobTest {
  @TempDir private Path folder;
  private Configuration configuration;

  @BeforeEach
  void describe() throws IOException {
    Path text = folder.resolve("text.txt");
    Files.writeString(text, "from fairest creatures we desire increase\n".repeat(40));
    Configuration defaults = Configuration.of("small", text);
    configuration =
        defaults
            .with(
                new Model(List.of(new Layer(CellType.LSTM, 6, 0.0)), 1.0, new Initializer.Xavier()))
            .with(defaults.training().withBatches(2, 10).withIterations(20))
            .with(new Compute(EngineType.CPU, 1, 0, Precision.FLOAT32));
  }

  private TrainingJob job(String directory) {
    return new TrainingJob(configuration, folder.resolve(directory));
  }

  /** Stops after an update. */
  private static TrainingJob stoppedAt(TrainingJob job, int iteration) {
    StopSignal stop = new StopSignal();
    return job.stop(stop)
        .listener(
            state -> {
              if (state.iteration() == iteration) {
                stop.request("enough");
              }
            });
  }

  private float[] result(String directory) {
    return Checkpoint.read(folder.resolve(directory).resolve("model.zip")).parameters().floats();
  }

  @Test
  void laneGroupsAreChosenWhenARunBeginsAndKeptWithOtherThreads() {
    configuration =
        configuration
            .with(configuration.training().withBatches(64, 10))
            .with(new Compute(EngineType.CPU, 2, null, Precision.FLOAT32));
    job("undisturbed").run();
    stoppedAt(job("run"), 2).run();
    configuration = configuration.with(configuration.compute().withThreads(1));
    job("run").run();

    assertThat(SavedNetwork.open(folder.resolve("run")).configuration().compute().laneGroups())
        .isEqualTo(2);
    assertThat(result("run")).isEqualTo(result("undisturbed"));
  }

  /** A run whose model is written has finished. */
  @Test
  void aStopAfterTheEndComesTooLate() {
    StopSignal stop = new StopSignal();
    Path run =
        WatchedFileSystem.watch(
            folder.resolve("run"),
            operation -> {
              if (operation instanceof Operation.Rename rename
                  && rename.to().endsWith("model.zip")) {
                stop.request("enough");
              }
            });
    assertThat(new TrainingJob(configuration, run).stop(stop).run().outcome())
        .isEqualTo(Outcome.FINISHED);
    assertThat(stop.requested()).isTrue();
  }

  @Test
  void aRunWhoseDirectoryIsRenamedEndsWithTheReasonAndResumesThere() throws IOException {
    Path run = folder.resolve("run");
    Path renamed = folder.resolve("renamed");
    TrainingJob job =
        job("run")
            .listener(
                state -> {
                  if (state.iteration() == 13) {
                    rename(run, renamed);
                  }
                });

    assertThatThrownBy(job::run)
        .isInstanceOfSatisfying(RunException.class, e -> assertThat(e.isTransient()).isTrue())
        .hasMessage(
            run
                + ": was renamed or deleted during training: give it its name again, or name its"
                + " new place with --output; the same command then resumes from its newest"
                + " checkpoint");

    assertThat(run).doesNotExist();
    assertThat(job("renamed").run().outcome()).isEqualTo(Outcome.FINISHED);
    job("undisturbed").run();
    assertThat(result("renamed")).isEqualTo(result("undisturbed"));
  }

  /** It does not change where another would be chosen. */
  @ParameterizedTest
  @EnumSource(
      value = Precision.class,
      names = {"FLOAT32", "AUTO"})
  void anOpenPrecisionIsChosenWhenTheRunBeginsAndStays(Precision begun) throws IOException {
    CpuEngineProvider provider = new CpuEngineProvider();
    Precision chosen = begun == Precision.AUTO ? provider.bestPrecision() : begun;
    Compute auto = configuration.compute().with(Precision.AUTO);
    configuration = configuration.with(auto.with(begun));
    stoppedAt(job("run"), 7).run();

    assertThat(
            ConfigurationLoader.load(folder.resolve("run").resolve("config.yml"), List.of())
                .compute())
        .isEqualTo(auto.with(chosen));
    configuration = configuration.with(auto);
    assertThat(job("run").run().outcome()).isEqualTo(Outcome.FINISHED);
    assertThat(job("run").run().outcome()).isEqualTo(Outcome.COMPLETE_BEFORE);
    configuration = configuration.with(auto.with(chosen));
    job("undisturbed").run();
    assertThat(result("run")).isEqualTo(result("undisturbed"));
  }

  private static void rename(Path from, Path to) {
    try {
      Files.move(from, to);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Another directory at the old name belongs to whoever made it. */
  @Test
  void anotherDirectoryInItsPlaceIsLeftAlone() throws IOException {
    Path run = folder.resolve("run");
    TrainingJob job =
        job("run")
            .listener(
                state -> {
                  if (state.iteration() == 13) {
                    rename(run, folder.resolve("renamed"));
                    assertThat(run.toFile().mkdir()).isTrue();
                  }
                });

    assertThatThrownBy(job::run).hasMessageContaining("was renamed or deleted during training");
    assertThat(run).isEmptyDirectory();
  }

  @Test
  void aCompleteRunHasAResult() {
    TrainingResult result = job("run").run();
    assertThat(result.outcome()).isEqualTo(Outcome.FINISHED);
    assertThat(result.reason()).isEqualTo("20 iterations");
    assertThat(result.progress().iteration()).isEqualTo(20);
    assertThat(result.progress().validation().bestLoss()).isPositive();
    assertThat(folder.resolve("run")).isDirectoryContaining("glob:**model.zip");
  }

  @Test
  void aStoppedRunIsResumedToTheSameBytes() throws IOException {
    job("whole").run();
    TrainingResult stopped = stoppedAt(job("run"), 7).run();
    assertThat(stopped.outcome()).isEqualTo(Outcome.STOPPED);
    assertThat(stopped.reason()).isEqualTo("enough");
    assertThat(stopped.progress().iteration()).isEqualTo(7);
    assertThat(job("run").run().outcome()).isEqualTo(Outcome.FINISHED);
    assertThat(result("run")).isEqualTo(result("whole"));
  }

  @Test
  void aPromptIsPreparedAsTheCorpusWas() {
    job("run").run();
    try (TrainedModel model = TrainedModel.open(folder.resolve("run"))) {
      assertThat(model.generate("we\r\nfrom", 10, Sampling.of(0), 1))
          .isEqualTo(model.generate("we\nfrom", 10, Sampling.of(0), 1));
    }
  }

  @Test
  void aReporterHearsWhatHappensBetweenSteps() {
    configuration =
        configuration
            .with(new Evaluation(10))
            .with(new Checkpoints(5, null, 3, 0, null))
            .with(new Samples(20, 4, List.of(0.0), null, true));
    List<String> heard = new ArrayList<>();
    job("run")
        .reporter(
            new JobReporter() {
              @Override
              public void phase(Phase phase, TrainingState state) {
                heard.add(phase + " at " + state.iteration());
              }

              @Override
              public void sample(int iteration, double temperature, String text) {
                heard.add("sample of %d at %d".formatted(text.length(), iteration));
              }

              @Override
              public void updated(TrainingState state) {
                if (state.iteration() % 5 == 0) {
                  heard.add("updated " + state.iteration());
                }
              }
            })
        .run();
    assertThat(heard)
        .containsExactly(
            "writing checkpoint at 5",
            "updated 5",
            "validating at 10",
            "writing checkpoint at 10",
            "updated 10",
            "writing checkpoint at 15",
            "updated 15",
            "validating at 20",
            "sampling at 20",
            "sample of 4 at 20",
            "writing checkpoint at 20",
            "updated 20");
  }

  @Test
  void aJobThatIsStoppedBeforeItBeginsLeavesNothing() {
    StopSignal stop = new StopSignal();
    stop.request("too early");
    TrainingResult result = job("run").stop(stop).run();
    assertThat(result.outcome()).isEqualTo(Outcome.NOT_STARTED);
    assertThat(result.progress().iteration()).isZero();
    assertThat(folder.resolve("run")).doesNotExist();
  }

  @Test
  void theCallerChoosesWhatHappensToAnEarlierRun() {
    assertThatThrownBy(() -> job("run").resume(Resume.REQUIRED).run())
        .isInstanceOf(RunException.class);
    stoppedAt(job("run"), 3).run();
    job("run").resume(Resume.NEVER).run();
    assertThat(folder.resolve("run.1/latest.zip")).as("the old one, renamed").exists();
  }

  @Test
  void anotherRunGivesTheFirstWeights() {
    job("first").run();
    List<Double> losses = new ArrayList<>();
    job("second")
        .weights(WeightSource.of(folder.resolve("first")))
        .listener(state -> losses.add(state.loss()))
        .run();
    List<Double> random = new ArrayList<>();
    job("third").listener(state -> random.add(state.loss())).run();
    assertThat(losses.get(0)).isLessThan(random.get(0));
  }

  @Test
  void listenersAreCalledAfterTheRunsOwn() {
    List<Boolean> evaluated = new ArrayList<>();
    CollectScoresIterationListener scores = new CollectScoresIterationListener(1);
    job("run")
        .listener(state -> evaluated.add(state.validationLoss() != null))
        .listener(scores)
        .run();
    assertThat(evaluated).hasSize(20).endsWith(true);
    assertThat(scores.getScoreVsIter().getEffectiveScores()).hasSize(20);
  }

  @Test
  void theReporterReceivesTheConsoleOutput() {
    List<String> calls = new ArrayList<>();
    stoppedAt(job("run"), 2)
        .reporter(
            new JobReporter() {
              @Override
              public void message(String text) {
                if (!text.startsWith("warning: ")) {
                  calls.add(text.replaceAll("[0-9.]+ s", "N s"));
                }
              }

              @Override
              public void started(TrainingPlan plan) {
                calls.add("%s: %d".formatted(plan.network().describe(), plan.iterations()));
              }

              @Override
              public void updated(TrainingState state) {
                calls.add("update " + state.iteration());
              }

              @Override
              public void ended() {
                calls.add("ended");
              }
            })
        .run();
    assertThat(calls.subList(0, 4))
        .containsExactly("lstm 6, softmax 16: 20", "update 1", "update 2", "ended");
    assertThat(calls.get(4)).startsWith("stopped at iteration 2, N s after enough");
  }

  /** 1,512 characters for training, 755 in each of two lanes, 75 segments of 10 and one of 5. */
  @Test
  void everyEpochReadsAllOfTheTrainingText() throws IOException {
    configuration = configuration.with(configuration.training().withIterations(76));
    List<Long> segments = new ArrayList<>();
    TrainingResult whole = job("whole").listener(state -> segments.add(state.segment())).run();
    assertThat(whole.progress().characters()).isEqualTo(1510);
    assertThat(whole.progress().epoch()).isEqualTo(1);
    assertThat(segments).hasSize(76).endsWith(75L, 0L);
    for (int stop : new int[] {74, 75}) {
      String run = "stopped at " + stop;
      stoppedAt(job(run), stop).run();
      assertThat(job(run).run().progress().characters()).isEqualTo(1510);
      assertThat(result(run)).as(run).isEqualTo(result("whole"));
    }
  }

  @Test
  void aTimeBudgetEndsTheRunAndALargerOneContinuesIt() throws IOException {
    job("whole").run();
    Configuration unlimited = configuration;
    configuration = unlimited.with(unlimited.training().withMinutes(1e-7));

    TrainingResult limited = job("run").run();
    assertThat(limited.outcome()).isEqualTo(Outcome.FINISHED);
    assertThat(limited.reason()).isEqualTo("1.0E-7 minutes of training");
    assertThat(limited.progress().iteration()).isEqualTo(1);
    assertThat(limited.progress().validation().bestIteration()).isEqualTo(1);
    assertThat(folder.resolve("run/model.zip")).exists();
    assertThat(messages("run"))
        .singleElement(STRING)
        .endsWith("already complete; to continue, add --set training.max_minutes=2.0E-7");

    configuration = unlimited.with(unlimited.training().withMinutes(60.0));
    assertThat(job("run").run().reason()).isEqualTo("20 iterations");
    assertThat(result("run")).isEqualTo(result("whole"));
  }

  /** A cosine needs to know where it ends: the iterations are fixed when the run starts. */
  @Test
  void aScheduleEndsWithTheTimeBudget() throws IOException {
    configuration = loaded("{schedule: cosine, max_minutes: 0.002}");
    List<Double> rates = new ArrayList<>();
    job("run").listener(state -> rates.add(state.learningRate())).run();
    Integer planned = saved("run").training().maxIterations();
    assertThat(planned).isNotNull().isLessThan(2_000_000);

    stoppedAt(job("stopped"), 3).run();
    Integer fixed = saved("stopped").training().maxIterations();
    configuration = loaded("{schedule: cosine, max_minutes: 60}");
    TrainingResult resumed = job("stopped").run();
    assertThat(resumed.progress().iteration()).isEqualTo(fixed);
    assertThat(resumed.progress().learningRate()).isZero();
  }

  /** The budget lowers a number that the configuration names, and keeps naming. */
  @Test
  void theSameConfigurationResumesARunWhoseBudgetLoweredItsIterations() throws IOException {
    configuration = loaded("{schedule: cosine, max_minutes: 0.002, max_iterations: 1900000}");
    stoppedAt(job("run"), 3).run();
    Integer fixed = saved("run").training().maxIterations();
    assertThat(fixed).isLessThan(1_900_000);

    assertThat(messages("run"))
        .contains(
            String.format(
                Locale.ROOT,
                "training.max_iterations: %,d, as when the run began: its learning rate falls until"
                    + " then",
                fixed));
    assertThat(SavedNetwork.open(folder.resolve("run/model.zip")).configuration().training())
        .isEqualTo(saved("run").training());

    configuration = configuration.with(configuration.training().withIterations(fixed + 2));
    configuration = configuration.with(configuration.training().withMinutes(60.0));
    TrainingResult longer = job("longer").fork(folder.resolve("run/latest.zip").toString()).run();
    assertThat(longer.progress().iteration()).as("a fork may be longer").isEqualTo(fixed + 2);
  }

  @Test
  void aRunThatIsKilledBeforeItsBestCheckpointIsLinkedLinksItLater() {
    configuration =
        configuration
            .with(new Evaluation(5))
            .with(new Checkpoints(5, null, 3, 1, null))
            .with(configuration.training().withIterations(10));
    List<Operation> links = new ArrayList<>();
    Path run =
        WatchedFileSystem.watch(
            folder.resolve("run"),
            operation -> {
              if (operation instanceof Operation.Rename rename
                  && rename.to().endsWith("best.zip")
                  && links.add(operation)
                  && links.size() == 2) {
                throw new AssertionError("killed");
              }
            });
    assertThatThrownBy(() -> new TrainingJob(configuration, run).run()).hasMessage("killed");
    TrainingResult resumed = job("run").run();
    assertThat(resumed.progress().validation().bestIteration()).isEqualTo(10);
    assertThat(SavedNetwork.open(folder.resolve("run")).checkpoint().progress().iteration())
        .isEqualTo(10);
  }

  private static Configuration shuffled(Configuration configuration) {
    return configuration.with(configuration.data().with(Data.Shuffle.LINES));
  }

  private Configuration loaded(String training) {
    return configuration.with(
        ConfigurationLoader.parse(
                "data: {corpus: text.txt}\ntraining: " + training,
                "small",
                List.of(
                    "training.batch_size=2", "training.sequence_length=10", "training.epochs=9999"))
            .training());
  }

  private Configuration saved(String run) {
    return SavedNetwork.open(folder.resolve(run)).configuration();
  }

  private List<String> messages(String run) {
    List<String> messages = new ArrayList<>();
    job(run)
        .reporter(
            new JobReporter() {
              @Override
              public void message(String text) {
                messages.add(text);
              }
            })
        .run();
    return messages;
  }

  @Test
  void aValidationTextUnlikeTheTrainingTextIsNamed() throws IOException {
    StringBuilder names = new StringBuilder();
    for (char first = 'a'; first <= 'z'; first++) {
      for (char second : "aeiou".toCharArray()) {
        names.append(first).append(second).append(first).append(second).append("n\n");
        names.append(first).append(second).append(first).append("sh\n");
      }
    }
    Files.writeString(folder.resolve("text.txt"), names.toString());
    assertThat(messages("run"))
        .anyMatch(
            message ->
                message.startsWith("warning: the validation text is unlike the training text:")
                    && message.contains("data.shuffle: lines"));
    configuration = shuffled(configuration);
    assertThat(messages("shuffled")).noneMatch(message -> message.contains("is unlike"));
  }

  /** What an earlier conversion has done to a text, and what a vocabulary shows of it. */
  @ParameterizedTest
  @CsvSource({
    "'caf\u00e9 cafe\u0301\n', 'letters such as ''\u00e9'' both as one character and as two'",
    "'caf\uFFFD\n', 'U+FFFD (REPLACEMENT CHARACTER)'",
    "'the \u0093cafe\u0094\n', 'control characters from U+0080 to U+009F'"
  })
  void aTextThatSuffersFromItsEncodingIsNamed(String text, String warning) throws IOException {
    Files.writeString(folder.resolve("text.txt"), text.repeat(300));
    assertThat(messages("run")).anyMatch(message -> message.contains(warning));
    Files.writeString(folder.resolve("text.txt"), "caf\u00e9 and no\u00ebl\n".repeat(300));
    assertThat(messages("sound")).noneMatch(message -> message.contains("the text "));
  }

  @Test
  void warningsAreEvents() throws IOException {
    List<String> messages = messages("run");
    String warning =
        "the validation split has only 84 characters, so its loss is noisy: raise its share in"
            + " data.split, or use a longer corpus";
    assertThat(messages).contains("warning: " + warning);
    assertThat(Files.readAllLines(folder.resolve("run/events.jsonl")).get(1))
        .contains("\"kind\":\"warning\",\"iteration\":0", "\"text\":\"" + warning + "\"");
  }

  @Test
  void unknownCharactersAreAWarningFromOnePercent() throws IOException {
    Path vocabulary = folder.resolve("vocabulary.json");
    Files.writeString(vocabulary, Vocabulary.of("\n abcdefghijklmnopqrstu?").toJson());
    Files.writeString(folder.resolve("text.txt"), "abc defghiz ?\n".repeat(300));
    configuration =
        ConfigurationLoader.parse(
            "{name: a, data: {corpus: %s, vocabulary: %s, unknown: replace}, %s}"
                .formatted(
                    folder.resolve("text.txt"),
                    vocabulary,
                    "model: {layers: [{type: gru, size: 4}]},"
                        + " training: {batch_size: 2, sequence_length: 8, max_iterations: 2}"),
            "a",
            List.of());
    assertThat(messages("run"))
        .anyMatch(message -> message.startsWith("warning: 300 of 4,200 characters (7.14 %)"));
  }

  @Test
  void textThatIsNeverReadIsNamedFromThreePercent() {
    Training training = configuration.training();
    configuration =
        configuration.with(training.withBatches(16, 64).with(Remainder.DROP)); // 94 in each lane
    assertThat(messages("dropped"))
        .anyMatch(
            message ->
                message.startsWith(
                    "warning: 487 of 1,511 characters for training (32 %) are never read"));
    configuration = configuration.with(configuration.training().with(Remainder.READ));
    assertThat(messages("read")).noneMatch(message -> message.contains("never read"));
  }

  @Test
  void aWarmUpLongerThanTheRunIsNamed() {
    configuration = loaded("{schedule: {type: linear, warmup_iterations: 20}, max_iterations: 20}");
    assertThat(messages("run"))
        .contains(
            "warning: training.schedule.warmup_iterations: 20 is not below the 20 iterations of the"
                + " run: the learning rate rises to the end and never reaches final_learning_rate");
    configuration = loaded("{schedule: {type: linear, warmup_iterations: 10}, max_iterations: 20}");
    assertThat(messages("shorter")).noneMatch(message -> message.contains("warmup"));
  }

  @Test
  void shuffledLinesAreTrainedOnResumedAndEvaluatedInOneOrder() throws IOException {
    StringBuilder lines = new StringBuilder();
    for (int line = 0; line < 300; line++) {
      lines.append((char) ('a' + line / 12)).append(line % 7).append("\n");
    }
    Files.writeString(folder.resolve("text.txt"), lines.toString());
    job("sorted").run();
    configuration = shuffled(configuration);
    List<Double> losses = new ArrayList<>();
    job("whole").listener(state -> losses.add(state.validationLoss())).run();
    assertThat(result("whole")).isNotEqualTo(result("sorted"));
    stoppedAt(job("run"), 7).run();
    job("run").run();
    assertThat(result("run")).isEqualTo(result("whole"));

    SavedNetwork last = SavedNetwork.open(folder.resolve("run/model.zip"));
    assertThat(new EvaluationJob(last).run().orElseThrow().score().loss())
        .isEqualTo(losses.get(19));
    assertThat(last.provenance().corpus().get(0).shuffle()).isEqualTo("lines");

    configuration = configuration.with(configuration.data().with(Data.Shuffle.NONE));
    assertThatThrownBy(() -> job("run").run()).hasMessageContaining("data.shuffle: lines -> none");
  }

  /** A licence at the end of a book is no longer all of the validation split. */
  @Test
  void blocksTakeTheValidationSplitFromAllOverTheText() throws IOException {
    Files.writeString(
        folder.resolve("text.txt"),
        "from fairest creatures we desire increase\n".repeat(54) + "0123456789".repeat(25));
    assertThat(messages("end")).anyMatch(message -> message.contains("data.split_blocks: 20"));
    configuration = configuration.with(configuration.data().withSplitBlocks(10));
    assertThat(messages("whole")).noneMatch(message -> message.contains("is unlike"));
    List<Double> losses = new ArrayList<>();
    stoppedAt(job("run"), 7).run();
    job("run").listener(state -> losses.add(state.validationLoss())).run();
    assertThat(result("run")).isEqualTo(result("whole"));
    for (EvaluationJob.Part part : EvaluationJob.Part.values()) {
      EvaluationResult measured =
          new EvaluationJob(SavedNetwork.open(folder.resolve("run/model.zip")))
              .part(part)
              .run()
              .orElseThrow();
      assertThat(measured.score().characters()).isBetween(100L, 129L);
      assertThat(measured.score().loss()).isCloseTo(losses.get(losses.size() - 1), within(1.5));
    }
  }
}
