package trainer.cli.service;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import trainer.cli.InProcess;
import trainer.service.database.TestDatabases;
import trainer.service.devices.DeviceSurvey;
import trainer.service.http.Limits;
import trainer.service.http.Service;
import trainer.service.http.Tokens;
import trainer.service.worker.StandInWorker;

/** The commands of clients, on a service in this process with a stand-in for the trainer. */
final class ClientCommandsTest {
  private static final String JOB =
      """
      data: {corpus: text.txt}
      model: {layers: [{type: lstm, size: 4}]}
      training: {max_iterations: 3}
      """;

  @TempDir private static Path folder;
  private static Service service;
  private static Path job;

  @BeforeAll
  static void serve() throws IOException {
    Path texts = Files.createDirectory(folder.resolve("datasets"));
    Files.writeString(texts.resolve("text.txt"), "to be or not to be\n".repeat(100));
    job = Files.writeString(folder.resolve("job.yml"), JOB);
    service =
        new Service(
            new Service.Settings(
                "127.0.0.1",
                0,
                folder.resolve("runs"),
                TestDatabases.sqlite(folder),
                Tokens.none(),
                Set.of(),
                Set.of("localhost"),
                List.of(texts),
                new Limits(100_000, 100),
                new DeviceSurvey(StandInWorker.program().program()),
                StandInWorker.program(),
                StandInWorker.settings(2)));
  }

  @AfterAll
  static void stop() {
    service.close();
  }

  private static InProcess client(Object... words) {
    String[] all = new String[words.length + 1];
    for (int i = 0; i < words.length; i++) {
      all[i] = words[i].toString();
    }
    all[words.length] = "--server=http://127.0.0.1:" + service.port();
    return InProcess.run(all);
  }

  private static InProcess succeeds(Object... words) {
    InProcess done = client(words);
    assertThat(done.exitCode()).as(done.err()).isZero();
    return done;
  }

  /** Submits and awaits a run; returns its id. */
  private static String trained(Object... options) {
    Object[] words = new Object[options.length + 3];
    words[0] = "submit";
    words[1] = job;
    words[2] = "--watch";
    System.arraycopy(options, 0, words, 3, options.length);
    return succeeds(words).out().strip();
  }

  @Test
  void aRunIsSubmittedWithOtherKeysANameAndTags() throws IOException {
    String id = trained("--set=training.max_iterations=5", "--name=other", "--tag=a", "--tag=b.1");

    assertThat(id).startsWith("other-");
    assertThat(succeeds("runs", "--search=tag=a tag=b.1", "--sort=-number").out())
        .contains(id)
        .contains("5/5");
    assertThat(succeeds("runs", "--search=tag=c").out()).doesNotContain(id);
    InProcess refused = client("submit", job, "--tag=two words");
    assertThat(refused.exitCode()).isEqualTo(2);
    assertThat(refused.err()).contains("--tag two words: must be a word of letters");
    InProcess wrong = client("submit", job, "--set=training.epoch=1");
    assertThat(wrong.exitCode()).isEqualTo(2);
    assertThat(wrong.err()).contains("--set training.epoch=1: unknown key; did you mean 'epochs'?");
    succeeds("label", id, "--tag=c", "--note=the second", "--archive");
    assertThat(succeeds("runs", "--search=tag=c").out()).doesNotContain(id);
    assertThat(succeeds("runs", "--search=tag=c", "--archived").out()).contains(id);
    assertThat(succeeds("runs", "--archived", "--json").out()).contains("\"note\":\"the second\"");
  }

  @ParameterizedTest
  @ValueSource(strings = {"123", "true", "null"})
  void aNameMayLookLikeAnotherValue(String name) {
    assertThat(trained("--name=" + name)).startsWith(name + "-");
  }

  @Test
  void aSweepIsDeletedWithItsRuns() {
    String output = succeeds("sweep", job, "--vary=seed=1,2").err();
    Matcher id = Pattern.compile("sweep_\\w+").matcher(output);
    assertThat(id.find()).as(output).isTrue();
    assertThat(succeeds("delete", id.group()).err()).contains(id.group() + ": deleted");
    assertThat(client("delete", id.group()).err()).contains("there is no sweep");
  }

  @Test
  void theLogAndTheFilesOfARunAreRead() throws IOException {
    String id = trained();

    assertThat(succeeds("log", id).out()).contains("step 3\n");
    Path model = folder.resolve("a.zip");
    InProcess downloaded = succeeds("download", id, "--output=" + model);
    assertThat(downloaded.err()).contains("a.zip: downloaded");
    assertThat(model).hasSameBinaryContentAs(folder.resolve("runs/%s/1/model.zip".formatted(id)));
    assertThat(succeeds("download", id, "2.zip", "--output=-").out()).isEqualTo("step 2");
    assertThat(succeeds("download", id, "metrics.csv", "--output=-").out())
        .startsWith("iteration,")
        .hasLineCount(4);
    assertThat(succeeds("download", id, "configuration.yml", "--output=-").out())
        .contains("max_iterations: 3");
    assertThat(succeeds("download", id, "samples.json", "--output=-").out())
        .startsWith("{\"samples\":");
    InProcess none = client("download", id, "9.zip", "--output=" + model);
    assertThat(none.exitCode()).isEqualTo(2);
    assertThat(none.err()).contains(id + " has no checkpoint 9.zip").contains("/checkpoints");
    assertThat(model).as("not replaced").isNotEmptyFile();
    InProcess unknown = client("download", id, "best.zip");
    assertThat(unknown.exitCode()).isEqualTo(2);
    assertThat(unknown.err()).contains("best.zip: must be model.zip, ITERATION.zip");
  }

  @Test
  void textIsGenerated() {
    String id = trained();
    InProcess written = succeeds("generate", id, "--prompt=to ", "--length=5", "--seed=7");
    assertThat(written.err()).contains(id + ", seed 7");
    assertThat(written.out()).startsWith("to ").hasSizeGreaterThan(5).endsWith("\n");
    assertThat(client("generate", id, "--temperature=-1").err())
        .contains("temperature: must be a number from 0 to 100")
        .contains("(service http://127.0.0.1:");

    succeeds("register", "small", id);
    succeeds("promote", "small", "--reason=the first");
    assertThat(succeeds("generate", "registry:small", "--length=5").out()).isNotBlank();
    for (String model : List.of("registry:small", "registry:small@1")) {
      assertThat(client("sample", model).err()).contains("small@1, SHA-256 "); // a stand-in's
    }
    Path model = folder.resolve("champion.zip");
    succeeds("download", "registry:small", "model.zip", "--output=" + model);
    assertThat(model).hasSameBinaryContentAs(folder.resolve("runs/%s/1/model.zip".formatted(id)));
    assertThat(client("download", "registry:small", "loss.png").err())
        .contains("loss.png: must be model.zip or vocabulary.json");
  }

  @Test
  void aFolderIsNoConfiguration() {
    InProcess refused = client("submit", "/");
    assertThat(refused.exitCode()).isEqualTo(2);
    assertThat(refused.err()).contains("/: is a folder, not a YAML file");
  }

  @Test
  void runsAreCompared() {
    String one = trained();
    String other = trained("--set=training.optimizer.learning_rate=0.5");

    InProcess compared = succeeds("compare", one, other);
    assertThat(compared.out().lines().findFirst().orElseThrow())
        .matches("run +%s +%s".formatted(one, other));
    assertThat(compared.out())
        .containsPattern("seconds +[0-9,]+\\.[0-9] ")
        .containsPattern("best_validation_loss +\\d\\.\\d{4} +\\d\\.\\d{4}\n")
        .containsPattern("training.optimizer.learning_rate +0.002 +0.5\n")
        .doesNotContain("training.max_iterations");
    assertThat(succeeds("compare", one, other, "--all").out()).contains("training.max_iterations");
    String deeper = trained("--set=model.layers=[{type: lstm, size: 4},{type: lstm, size: 5}]");
    assertThat(succeeds("compare", one, deeper).out())
        .as("what one of them lacks")
        .containsPattern("model.layers\\[1\\].size +- +5\n")
        .doesNotContain("null");
    assertThat(succeeds("compare", one, "--json").out()).startsWith("{\"runs\":[");
  }

  @Test
  void aCancelledRunIsResumedAndDeleted() {
    String id = succeeds("submit", job, "--set=training.max_iterations=2000").out().strip();
    succeeds("cancel", id);
    client("watch", id);

    assertThat(succeeds("resume", id).err()).contains(id + ": queued");
    succeeds("cancel", id);
    client("watch", id);
    succeeds("delete", id);
    InProcess gone = client("resume", id);
    assertThat(gone.exitCode()).isEqualTo(2);
    assertThat(gone.err())
        .contains(id)
        .contains(
            "(service http://127.0.0.1:%d; list the runs with 'runs')".formatted(service.port()));
  }

  @Test
  void textsAreUploadedAndDeleted() throws IOException {
    Path text = Files.writeString(folder.resolve("poems.txt"), "night and day\n".repeat(10));
    assertThat(succeeds("texts", "upload", text).err()).contains("poems.txt: 140 bytes");
    assertThat(succeeds("texts").out()).contains("poems.txt  140").contains("text.txt");
    InProcess again = client("texts", "upload", text);
    assertThat(again.exitCode()).isEqualTo(2);
    assertThat(again.err()).contains("poems.txt").contains("replace");
    succeeds("texts", "upload", text, "--replace");
    succeeds("texts", "upload", text, "--name=songs.txt");
    succeeds("texts", "delete", "poems.txt");
    assertThat(client("texts", "delete", "poems.txt").err())
        .contains("list the texts with 'texts'");
    assertThat(succeeds("texts").out()).doesNotContain("poems.txt").contains("songs.txt");
    InProcess missing = client("texts", "upload", folder.resolve("none.txt"));
    assertThat(missing.exitCode()).isEqualTo(2);
    assertThat(missing.err()).contains("none.txt: cannot be read (no such file");
    assertThat(client("texts", "delete", "../x").err()).contains("must be a name of letters");
  }

  @Test
  void schedulesAreCreatedChangedTriggeredAndDeleted() throws IOException {
    Path plan = folder.resolve("nightly.yml");
    Files.writeString(
        plan,
        """
        name: nightly
        cron: 30 3 * * *
        model: small-texts
        configuration:
          data: {corpus: text.txt}
          model: {layers: [{type: lstm, size: 4}]}
          training: {max_iterations: 2}
        """);
    assertThat(succeeds("schedules", "create", plan).err())
        .contains("schedule nightly: next at 20");
    assertThat(succeeds("schedules").out())
        .containsPattern("nightly +30 3 \\* \\* \\* +UTC +small-texts +20");
    InProcess again = client("schedules", "create", plan);
    assertThat(again.exitCode()).isEqualTo(2);
    assertThat(again.err()).contains("schedule 'nightly' exists");
    Files.writeString(
        plan, "name: nightly\ncron: 0 4 * * *\nmodel: small-texts\nconfiguration: job.yml\n");
    succeeds("schedules", "create", plan, "--replace");
    assertThat(succeeds("schedules", "--json").out()).contains("\"cron\":\"0 4 * * *\"");
    succeeds("schedules", "pause", "nightly");
    assertThat(succeeds("schedules").out()).contains("paused");
    succeeds("schedules", "resume", "nightly");
    assertThat(succeeds("schedules", "trigger", "nightly", "--force").err())
        .contains("schedule nightly: trigger run 1");
    assertThat(succeeds("schedules", "history", "nightly").out()).contains("1 ");
    String server = "--server=http://127.0.0.1:" + service.port();
    assertThat(InProcess.run("schedules", server, "delete", "nightly").exitCode())
        .as("before the subcommand")
        .isZero();
    InProcess gone = client("schedules", "trigger", "nightly");
    assertThat(gone.exitCode()).isEqualTo(2);
    assertThat(gone.err()).contains("list the schedules with 'schedules'");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[1, 2]      | must have the keys of a schedule",
        "name: {     | not YAML: ",
        "nmae: a     | unknown key",
        "name: a     | cron: ",
      })
  void aWrongScheduleIsRefused(String text, String message) throws IOException {
    Path plan = Files.writeString(folder.resolve("wrong.yml"), text);
    InProcess refused = client("schedules", "create", plan);
    assertThat(refused.exitCode()).isEqualTo(2);
    assertThat(refused.err()).contains(message);
  }

  @Test
  void webhooksAreAddedAndDeleted() {
    InProcess added = succeeds("webhooks", "add", "http://localhost:1/hook", "--event=run.failed");
    assertThat(added.err()).contains("webhook 1: added");
    assertThat(added.out()).startsWith("whsec_");
    assertThat(succeeds("webhooks").out())
        .containsPattern("1 +http://localhost:1/hook +run.failed\n");
    succeeds("webhooks", "deliveries", "1");
    succeeds("webhooks", "delete", "1");
    InProcess gone = client("webhooks", "delete", "1");
    assertThat(gone.exitCode()).isEqualTo(2);
    assertThat(gone.err()).contains("list the webhooks with 'webhooks'");
    assertThat(client("webhooks", "add", "http://10.0.0.1/").err()).contains("url: ");
  }
}
