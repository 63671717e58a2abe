package trainer.service.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import trainer.file.Sha256;
import trainer.file.Watch;
import trainer.run.MetricsRow;
import trainer.run.RunDirectory;
import trainer.service.database.Database;
import trainer.service.database.DatabaseException;
import trainer.service.database.Sql;
import trainer.service.registry.Promotion.Kind;
import trainer.service.runs.DeviceKind;
import trainer.service.runs.Runs;
import trainer.service.runs.Submission;

/** Contract of the registry for both databases. */
abstract class RegistryContract {
  private static final String MODEL = "shakespeare";

  @TempDir private Path folder;
  private Database database;
  private Registry registry;
  private Champions champions;
  private Deletions deletions;

  abstract Database open(Path folder);

  @BeforeEach
  void start() {
    database = open(folder);
    RegistryFiles files = new RegistryFiles(folder);
    registry = new Registry(database, files);
    champions = new Champions(database, files);
    deletions = new Deletions(database, files);
  }

  @AfterEach
  void stop() {
    database.close();
  }

  /** A finished run whose model has this content. */
  private RunDirectory trained(String content) {
    RunDirectory run = new RunDirectory(folder.resolve("run-" + content.hashCode()));
    try {
      Files.createDirectories(run.path());
      Checkpoints.write(run.best(), content);
      Files.writeString(run.vocabulary(), "[]");
      Files.writeString(
          run.metrics(),
          String.join(
              "\n",
              MetricsRow.HEADER,
              row(10, 2.5).line(),
              row(20, 1.5).line(),
              row(30, 1.75).line(),
              ""));
      return run;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static MetricsRow row(int iteration, double loss) {
    return new MetricsRow(iteration, 0, 100, 1.0, 2.0, loss, 0.002, 1.0, 1000.0);
  }

  private ModelVersion register(String content) {
    return registry.register(MODEL, trained(content), "small-" + content, "anna");
  }

  private Promotion promote(int version) {
    return champions.promote(new Decision(MODEL, version, "ben", "better", "{\"loss\":1}"), null);
  }

  private int champion() {
    return registry.version(MODEL, "champion").version();
  }

  @Test
  void aVersionIsTheBestCheckpointOfItsRun() throws IOException {
    ModelVersion version = register("one");

    assertThat(version.version()).isEqualTo(1);
    assertThat(version.reference()).isEqualTo("shakespeare@1");
    assertThat(version.run()).isEqualTo("small-one");
    assertThat(version.bytes()).isEqualTo(Files.size(trained("one").best()));
    assertThat(version.sha256()).isEqualTo(Sha256.hex(trained("one").best(), Watch.none()));
    assertThat(version.iteration()).isEqualTo(20);
    assertThat(version.validationLoss()).isEqualTo(1.5);
    assertThat(version.registeredBy()).isEqualTo("anna");
    assertThat(version.challenger()).isTrue();
    assertThat(version.champion()).isFalse();
    RunDirectory files = registry.directory(version);
    assertThat(files.path()).isEqualTo(folder.resolve("registry/shakespeare/1"));
    assertThat(Checkpoints.read(files.best())).isEqualTo("one");
    assertThat(files.vocabulary()).hasContent("[]");
    try (var left = Files.list(folder.resolve("registry/shakespeare"))) {
      assertThat(left).containsExactly(files.path());
    }
  }

  @Test
  void aRunWithoutAModelIsRefused() throws IOException {
    Path empty = Files.createDirectory(folder.resolve("empty"));
    assertThatThrownBy(() -> registry.register(MODEL, new RunDirectory(empty), "small-0", "anna"))
        .isInstanceOf(RegistryException.class)
        .hasMessageContaining("has no model");
    assertThat(registry.models()).isEmpty();
  }

  @Test
  void theSameFileOfTheSameRunIsRegisteredOnce() {
    assertThat(register("one").version()).isEqualTo(1);
    assertThat(register("one").version()).isEqualTo(1);
    assertThat(register("two").version()).isEqualTo(2);
    assertThat(registry.versions(MODEL, 10))
        .extracting(ModelVersion::version)
        .containsExactly(2, 1);
  }

  @Test
  void aPromotionMovesTheAliasesAndIsWrittenDown() {
    register("one");
    register("two");
    Promotion first = promote(1);
    assertThat(first.kind()).isEqualTo(Kind.PROMOTED);
    assertThat(first.champion()).isNull();
    assertThat(first.decidedBy()).isEqualTo("ben");
    assertThat(first.reason()).isEqualTo("better");
    assertThat(first.figures()).isEqualTo("{\"loss\":1}");
    assertThat(registry.version(MODEL, "challenger").version()).isEqualTo(2);

    assertThat(promote(2).champion()).isEqualTo(1);
    assertThat(champion()).isEqualTo(2);
    assertThatThrownBy(() -> registry.version(MODEL, "challenger"))
        .isInstanceOf(RegistryException.class)
        .hasMessage("shakespeare has no challenger");
    for (String version : List.of("1", "champion")) {
      assertThatThrownBy(() -> registry.version("goethe", version))
          .isInstanceOf(RegistryException.class)
          .hasMessage("there is no model 'goethe': register a run as its first version");
    }
    assertThat(champions.history(MODEL, null, 10))
        .extracting(Promotion::version)
        .containsExactly(2, 1);
    assertThat(champions.history(MODEL, first.number(), 10)).isEmpty();
  }

  @Test
  void whatCannotBePromotedIsRefusedAndChangesNothing() {
    register("one");
    promote(1);
    register("two");
    for (int version : List.of(1, 7)) {
      assertThatThrownBy(() -> promote(version))
          .isInstanceOf(RegistryException.class)
          .hasMessageContaining(version == 1 ? "is already the champion" : "has no version 7");
    }
    Decision stale = new Decision(MODEL, 2, "ben", "better", null);
    assertThatThrownBy(() -> champions.promote(stale, 0))
        .isInstanceOf(RegistryException.class)
        .hasMessageContaining("the champion of shakespeare is now version 1, not version 0");
    assertThat(champions.history(MODEL, null, 10)).hasSize(1);
    assertThat(champion()).isEqualTo(1);
    champions.promote(stale, 1);
    assertThat(champion()).isEqualTo(2);
  }

  @Test
  void goingBackTwiceGoesFurtherBack() {
    for (String content : List.of("one", "two", "three")) {
      promote(register(content).version());
    }
    assertThatThrownBy(() -> champions.rollBack(MODEL, "carl", "it writes nonsense", 2))
        .isInstanceOf(RegistryException.class)
        .hasMessageContaining("the champion of shakespeare is now version 3, not version 2");
    Promotion back = champions.rollBack(MODEL, "carl", "it writes nonsense", 3);
    assertThat(back.kind()).isEqualTo(Kind.ROLLED_BACK);
    assertThat(back.version()).isEqualTo(2);
    assertThat(back.champion()).isEqualTo(3);
    assertThat(champions.rollBack(MODEL, "carl", "so does this", null).version()).isEqualTo(1);
    assertThatThrownBy(() -> champions.rollBack(MODEL, "carl", "and this", null))
        .isInstanceOf(RegistryException.class)
        .hasMessageContaining("had no champion before version 1");
    promote(3);
    assertThat(champions.rollBack(MODEL, "carl", "again", null).version()).isEqualTo(1);
    assertThat(champions.history(MODEL, null, 10)).hasSize(7);
  }

  @Test
  void theHistoryCannotBeChanged() {
    promote(register("one").version());
    for (String change :
        List.of("UPDATE promotions SET reason = 'none'", "DELETE FROM promotions")) {
      assertThatThrownBy(() -> database.write(connection -> Sql.of(change).update(connection)))
          .isInstanceOf(DatabaseException.class)
          .hasMessageContaining("promotions are never");
    }
    assertThat(champions.history(MODEL, null, 10).get(0).reason()).isEqualTo("better");
  }

  @Test
  void oldVersionsLoseTheirFilesButNotTheirPlace() {
    for (int i = 1; i <= 7; i++) {
      register("v" + i);
    }
    promote(1);
    promote(2);
    promote(3);
    register("v8");
    Runs runs = new Runs(database);
    for (int version : List.of(4, 5)) {
      String reference = MODEL + "@" + version;
      runs.submit(new Submission("small", "x", 0, "anna", null, reference, DeviceKind.ANY, 1));
    }
    runs.cancel(runs.list(null, null, 1).get(0).id()); // and may be resumed

    assertThat(deletions.prune(MODEL, 2)).isEqualTo(2);
    assertThat(registry.versions(MODEL, 10))
        .filteredOn(version -> version.deletedAt() != null)
        .extracting(ModelVersion::version)
        .as("neither the newest two, nor the champion and the one before, nor what a run needs")
        .containsExactly(6, 1);
    assertThat(folder.resolve("registry/shakespeare/6")).doesNotExist();
    assertThat(folder.resolve("registry/shakespeare/4/best.zip")).exists();
    assertThat(folder.resolve("registry/shakespeare/5/best.zip")).exists();
    assertThatThrownBy(() -> promote(6))
        .isInstanceOf(RegistryException.class)
        .hasMessageContaining("the files of shakespeare@6 were deleted");
    assertThat(deletions.prune(MODEL, 2)).isZero();
    assertThat(champions.rollBack(MODEL, "carl", "back", null).version()).isEqualTo(2);
  }

  /** It was deleted after a request had chosen it. */
  @Test
  void aRunThatStartsFromADeletedVersionIsRefused() {
    register("one");
    register("two");
    Runs runs = new Runs(database);
    Submission submission =
        new Submission("small", "x", 0, "anna", null, MODEL + "@1", DeviceKind.ANY, 1);
    runs.submit(submission);
    deletions.prune(MODEL, 1);
    runs.submit(submission);
    runs.list(null, null, 10).forEach(run -> runs.cancel(run.id()));
    deletions.delete(registry.version(MODEL, "1"));

    assertThatThrownBy(() -> runs.submit(submission))
        .isInstanceOf(RegistryException.class)
        .hasMessageContaining("the files of shakespeare@1 were deleted");
    assertThat(runs.list(null, null, 10)).hasSize(2);
  }

  @Test
  void aVersionThatIsRegisteredAgainGetsItsFilesBack() throws IOException {
    register("one");
    register("two");
    assertThat(deletions.prune(MODEL, 1)).isEqualTo(1);
    assertThat(registry.version(MODEL, "1").deletedAt()).isNotNull();

    ModelVersion again = register("one");
    assertThat(again.version()).isEqualTo(1);
    assertThat(again.deletedAt()).isNull();
    assertThat(again.challenger()).isTrue();
    assertThat(Checkpoints.read(registry.directory(again).best())).isEqualTo("one");
    assertThat(registry.versions(MODEL, 10)).hasSize(2);
    promote(1);
    assertThat(champion()).isEqualTo(1);
  }

  @Test
  void aDamagedFileIsNotPromotedAndIsRestoredFromItsRun() throws IOException {
    promote(register("one").version());
    promote(register("two").version());
    Path file = folder.resolve("registry/shakespeare/1/best.zip");
    for (String damage : List.of("on", "")) {
      if (damage.isEmpty()) {
        Files.delete(file);
      } else {
        Files.writeString(file, damage);
      }
      assertThatThrownBy(() -> promote(1))
          .isInstanceOf(RegistryException.class)
          .hasMessageContaining("is damaged")
          .hasMessageContaining("'register shakespeare small-one' restores it");
      assertThatThrownBy(() -> champions.rollBack(MODEL, "carl", "back", null))
          .isInstanceOf(RegistryException.class)
          .hasMessageContaining("is damaged");
      assertThat(champion()).isEqualTo(2);

      assertThat(register("one").version()).isEqualTo(1);
      assertThat(Checkpoints.read(file)).isEqualTo("one");
    }
    promote(1);
    assertThat(champion()).isEqualTo(1);
    Files.writeString(file, "three");
    assertThatThrownBy(() -> registry.checked(registry.version(MODEL, "champion")))
        .isInstanceOf(RegistryException.class);
  }

  /** A pipe stands in for a large file that is being read. */
  @Tag("slow")
  @ParameterizedTest
  @ValueSource(strings = {"promote", "roll back", "register"})
  void othersWriteWhileAFileIsChecked(String how) throws Exception {
    promote(register("one").version());
    promote(register("two").version());
    Path file = folder.resolve("registry/shakespeare/1/best.zip");
    Files.delete(file);
    assertThat(new ProcessBuilder("mkfifo", file.toString()).start().waitFor()).isZero();
    ExecutorService threads = Executors.newFixedThreadPool(3);
    try {
      Future<?> checking =
          threads.submit(
              () -> {
                switch (how) {
                  case "promote" -> promote(1);
                  case "roll back" -> champions.rollBack(MODEL, "carl", "back", null);
                  default -> register("one");
                }
              });
      Future<OutputStream> reader = threads.submit(() -> Files.newOutputStream(file));
      try (OutputStream damaged = reader.get(1, TimeUnit.MINUTES)) {
        threads
            .submit(() -> database.write(connection -> RegistryTables.lock(connection, MODEL)))
            .get(8, TimeUnit.SECONDS); // SQLite waits for 10 s
        damaged.write(1);
      }
      if (how.equals("register")) {
        checking.get(1, TimeUnit.MINUTES);
        assertThat(Checkpoints.read(file)).isEqualTo("one");
      } else {
        assertThatThrownBy(() -> checking.get(1, TimeUnit.MINUTES))
            .hasMessageContaining("is damaged");
      }
    } finally {
      threads.shutdownNow();
    }
  }

  /** Damage that no time and no size shows. */
  @Test
  void aFileThatWasFoundDamagedIsNotTakenForChecked() throws IOException {
    ModelVersion version = register("one");
    Path file = registry.checked(version).best();
    FileTime time = Files.getLastModifiedTime(file);
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length / 2] ^= 1;
    Files.write(file, bytes);
    Files.setLastModifiedTime(file, time);
    assertThat(registry.needsCheck(version)).isFalse();
    register("one");
    assertThat(Checkpoints.read(file)).isEqualTo("one");
  }

  /** Downloads do not read a large file again and again. */
  @Test
  void aFileIsCheckedAgainOnlyWhenItHasChanged() throws IOException {
    promote(register("one").version());
    ModelVersion second = register("two");
    assertThat(registry.needsCheck(second)).isTrue();
    registry.checked(second);
    assertThat(registry.needsCheck(second)).isFalse();
    Path file = registry.directory(second).best();
    Files.setLastModifiedTime(file, FileTime.fromMillis(0));
    assertThat(registry.needsCheck(second)).isTrue();
    registry.checked(second);
    Files.writeString(file, "three");
    assertThat(registry.needsCheck(second)).isTrue();
    assertThatThrownBy(() -> registry.checked(second)).isInstanceOf(RegistryException.class);
    assertThat(registry.needsCheck(second)).isTrue();
  }

  @Test
  void aDamagedFileOfARunIsNotRegistered() throws IOException {
    RunDirectory run = trained("one");
    registry.register(MODEL, run, "small-one", "anna");
    Files.write(run.best(), Arrays.copyOf(Files.readAllBytes(run.best()), 100));
    for (String model : List.of(MODEL, "other")) {
      assertThatThrownBy(() -> registry.register(model, run, "small-one", "anna"))
          .isInstanceOf(RegistryException.class)
          .hasMessageContaining(
              "best.zip is damaged (it is not a whole zip file) and is not registered: restore it"
                  + " from a copy, or train the run again");
    }
    assertThat(registry.models()).hasSize(1);
    assertThat(registry.versions(MODEL, 10)).hasSize(1);
  }

  @Test
  void aVersionIsDeletedUnlessItIsInUse() {
    promote(register("one").version());
    register("two");
    ModelVersion three = register("three");
    assertThatThrownBy(() -> deletions.delete(registry.version(MODEL, "1")))
        .isInstanceOf(RegistryException.class)
        .hasMessageContaining("is the champion");
    Runs runs = new Runs(database);
    String run =
        runs.submit(new Submission("s", "x", 0, "anna", null, MODEL + "@2", DeviceKind.ANY, 1))
            .run()
            .id();
    assertThatThrownBy(() -> deletions.delete(registry.version(MODEL, "2")))
        .isInstanceOf(RegistryException.class)
        .hasMessageContaining(run);

    deletions.delete(three);
    assertThat(folder.resolve("registry/shakespeare/3")).doesNotExist();
    assertThat(registry.version(MODEL, "3").deletedAt()).isNotNull();
    assertThat(registry.find(MODEL, Alias.CHALLENGER)).isEmpty();
    assertThatThrownBy(() -> deletions.delete(three)).isInstanceOf(RegistryException.class);
  }

  @Test
  void aModelIsDeletedWithItsFilesAndItsNameIsFreeAgain() throws IOException {
    promote(register("one").version());
    register("two");
    registry.register("burns", trained("one"), "small-one", "anna");
    Runs runs = new Runs(database);
    String run =
        runs.submit(new Submission("s", "x", 0, "anna", null, MODEL + "@1", DeviceKind.ANY, 1))
            .run()
            .id();
    assertThatThrownBy(() -> deletions.delete(MODEL))
        .isInstanceOf(RegistryException.class)
        .hasMessageContaining(run);
    runs.cancel(run);

    deletions.delete(MODEL);
    assertThat(registry.models()).extracting(Registry.Model::name).containsExactly("burns");
    assertThat(registry.model(MODEL)).isEmpty();
    assertThat(registry.runsOfChampions(MODEL)).isEmpty();
    try (var left = Files.list(folder.resolve("registry"))) {
      assertThat(left).containsExactly(folder.resolve("registry/burns"));
    }
    assertThatThrownBy(() -> deletions.delete(MODEL)).isInstanceOf(RegistryException.class);
    assertThat(register("three").version()).isEqualTo(1);
    assertThat(registry.runsOfChampions(MODEL)).isEmpty();
    promote(1);
    assertThat(registry.runsOfChampions(MODEL)).containsExactly("small-three");
    assertThat(champions.history(MODEL, null, 10)).hasSize(1);
  }

  /** As after a kill between the rename and the end of its transaction. */
  @Test
  void theFolderOfAModelThatWasNotDeletedComesBack() throws IOException {
    ModelVersion one = register("one");
    Path folderOfModel = folder.resolve("registry/shakespeare");
    Files.move(folderOfModel, folder.resolve("registry/.deleted-1-shakespeare"));
    deletions.finishDeleting();
    assertThat(Checkpoints.read(registry.checked(one).best())).isEqualTo("one");
  }

  /** As after a kill between the end of the transaction and the deletion of the files. */
  @Test
  void theFilesOfADeletedVersionGoAtTheNextStart() throws IOException {
    register("one");
    ModelVersion two = register("two");
    database.write(
        connection ->
            Sql.of("UPDATE model_versions SET deleted_at = 1 WHERE version = 1")
                .update(connection));
    deletions.finishDeleting();
    assertThat(folder.resolve("registry/shakespeare/1")).doesNotExist();
    assertThat(Checkpoints.read(registry.checked(two).best())).isEqualTo("two");
  }

  @Test
  void modelsAreListedWithWhatTheirAliasesPointAt() {
    registry.register("burns", trained("one"), "small-one", "anna");
    register("two");
    promote(1);
    register("three");

    assertThat(registry.models()).extracting(Registry.Model::name).containsExactly("burns", MODEL);
    assertThat(registry.models().get(0).champion()).isNull();
    assertThat(registry.models().get(0).challenger().run()).isEqualTo("small-one");
    Registry.Model model = registry.model(MODEL).orElseThrow();
    assertThat(registry.models().get(1)).isEqualTo(model);
    assertThat(model.versions()).isEqualTo(2);
    assertThat(model.champion().version()).isEqualTo(1);
    assertThat(model.challenger().version()).isEqualTo(2);
    assertThat(registry.model("blake")).isEmpty();
  }

  @Test
  void whatAKilledServiceLeftIsWrittenOver() throws IOException {
    Path leftover = Files.createDirectories(folder.resolve("registry/shakespeare/1"));
    Files.writeString(leftover.resolve("best.zip"), "half");
    assertThat(Checkpoints.read(registry.directory(register("one")).best())).isEqualTo("one");
  }

  @Test
  void manyRegisterAndPromoteAtOnceAndReadersSeeOneOrTheOther() throws Exception {
    promote(register("first").version());
    int writers = 6;
    ExecutorService threads = Executors.newFixedThreadPool(writers + 2);
    try {
      CountDownLatch begin = new CountDownLatch(1);
      CountDownLatch written = new CountDownLatch(writers);
      List<Future<Integer>> versions = new ArrayList<>();
      for (int i = 0; i < writers; i++) {
        String content = "content " + i;
        versions.add(
            threads.submit(
                () -> {
                  begin.await();
                  int version = register(content).version();
                  promote(version);
                  written.countDown();
                  return version;
                }));
      }
      Callable<Integer> reader =
          () -> {
            int read = 0;
            begin.await();
            while (written.getCount() > 0) {
              ModelVersion champion = registry.version(MODEL, "champion");
              assertThat(champion.champion()).isTrue();
              String content = Checkpoints.read(registry.directory(champion).best());
              assertThat(champion.run()).isEqualTo("small-" + content);
              read++;
            }
            return read;
          };
      List<Future<Integer>> readers = List.of(threads.submit(reader), threads.submit(reader));
      begin.countDown();
      Set<Integer> numbers = new TreeSet<>();
      for (Future<Integer> version : versions) {
        numbers.add(version.get(60, TimeUnit.SECONDS));
      }
      assertThat(numbers).containsExactly(2, 3, 4, 5, 6, 7);
      for (Future<Integer> each : readers) {
        assertThat(each.get(60, TimeUnit.SECONDS)).isPositive();
      }
    } finally {
      threads.shutdownNow();
    }
    assertThat(champions.history(MODEL, null, 100)).hasSize(writers + 1);
    assertThat(champion()).isEqualTo(champions.history(MODEL, null, 1).get(0).version());
  }
}
