package trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Truncates, flips bits of, zeroes, deletes or replaces by a directory every file of a run:
 * training resumes to the same parameters or reports the damage, and so do sample and evaluate.
 * {@code -Ddamaged.offsets=200} damages 200 offsets of each file; {@code -Ddamaged.parts=4
 * -Ddamaged.part=0} runs the first quarter. {@link UnreadableRunTest} covers permissions.
 */
@Tag("slow")
final class DamagedRunTest {
  private static final long SEED = 20261122;
  private static final int OFFSETS = Integer.getInteger("damaged.offsets", 1);
  private static final int PARTS = Integer.getInteger("damaged.parts", 1);
  private static final int PART = Integer.getInteger("damaged.part", 0);

  @TempDir private static Path temporary;
  private static Path folder;
  private static Path original;
  private static Map<String, byte[]> whole;
  private static List<String> ofTheBest;
  private static List<String> ofTheResult;

  private interface Damage {
    void to(Path file) throws IOException;
  }

  private record Case(String name, Damage damage) {}

  @BeforeAll
  static void train() throws IOException {
    folder = Files.createDirectory(temporary.resolve("work"));
    SmallJob.write(folder, 3_000);
    original = folder.resolve("original");
    assertThat(train(original, 8).exitCode()).isZero();
    Path complete = folder.resolve("whole");
    assertThat(train(complete, 10).exitCode()).isZero();
    whole = RunContents.entries(complete.resolve("latest.zip"));
    // As in most runs, the best checkpoint is not the newest.
    Files.delete(original.resolve("best.zip"));
    Files.createLink(original.resolve("best.zip"), original.resolve("checkpoints/4.zip"));
    ofTheBest = results(original);
    ofTheResult = results(original.resolve("model.zip"));
    assertThat(ofTheBest).doesNotContain("").doesNotContainAnyElementsOf(ofTheResult);
  }

  private static InProcess train(Path run, int iterations) {
    return InProcess.run(
        folder.resolve(SmallJob.FILE).toString(),
        "--output=" + run,
        "--set=training.max_iterations=" + iterations,
        "--set=checkpoints={every_iterations: 4, keep_last: 2}",
        "--set=samples.length=5",
        "--set=compute.threads=1");
  }

  private static InProcess sample(Path run) {
    return InProcess.run("sample", run.toString(), "--length=50", "--seed=1");
  }

  private static InProcess evaluate(Path run) {
    return InProcess.run("evaluate", run.toString(), "--json");
  }

  private static List<String> results(Path run) {
    return List.of(sample(run).out(), loss(evaluate(run)));
  }

  /** The results, without the directory's name. */
  private static String loss(InProcess evaluation) {
    return evaluation.out().replaceAll("\"[^\"]*\\.zip\"", "");
  }

  @Test
  void trainingResumesOrReportsTheDamage() throws IOException {
    int wentOn = 0;
    int refused = 0;
    for (Case damaged : cases("")) {
      Path run = copy(damaged);
      InProcess outcome = train(run, 10);
      if (outcome.exitCode() == 0) {
        Map<String, byte[]> checkpoint = RunContents.entries(run.resolve("latest.zip"));
        for (String entry :
            List.of("coefficients.bin", "updaterState.bin", "trainer/carried.bin")) {
          assertThat(checkpoint.get(entry))
              .as("%s: %s", damaged.name(), entry)
              .isEqualTo(whole.get(entry));
        }
        assertThat(RunContents.rows(run))
            .as(damaged.name())
            .extracting(row -> Integer.parseInt(row[0]))
            .containsExactly(4, 8, 10);
        wentOn++;
      } else {
        assertRefused(outcome, damaged);
        refused++;
      }
      delete(run);
    }
    System.out.printf("%,d damaged runs resumed, %,d refused%n", wentOn, refused);
    assertThat(wentOn).isGreaterThan(3 * refused);
  }

  @Test
  void samplesAndEvaluationsAreRightOrRefused() throws IOException {
    int right = 0;
    int refused = 0;
    // The only files that these commands read.
    for (Case damaged : cases(".zip")) {
      Path run = copy(damaged);
      for (InProcess outcome : List.of(sample(run), evaluate(run))) {
        if (outcome.exitCode() == 0) {
          // Without a best checkpoint, a run directory stands for its model.zip.
          boolean best = Files.exists(run.resolve("best.zip"), LinkOption.NOFOLLOW_LINKS);
          assertThat(loss(outcome)).as(damaged.name()).isIn(best ? ofTheBest : ofTheResult);
          right++;
        } else {
          assertThat(bestIsWhole(run)).as("%s: %s", damaged.name(), outcome.err()).isFalse();
          assertRefused(outcome, damaged);
          assertThat(outcome.out()).as(damaged.name()).isEmpty();
          refused++;
        }
      }
      delete(run);
    }
    System.out.printf(
        "%,d samples and measures of damaged runs right, %,d refused%n", right, refused);
    assertThat(right).isPositive();
  }

  /** Whether best.zip, which both commands read, is intact; hard links to it share the damage. */
  private static boolean bestIsWhole(Path run) throws IOException {
    Path best = run.resolve("best.zip");
    return Files.isRegularFile(best) && Files.mismatch(best, original.resolve("best.zip")) < 0;
  }

  private static void assertRefused(InProcess outcome, Case damaged) {
    assertThat(outcome.exitCode()).as("%s: %s", damaged.name(), outcome.err()).isEqualTo(2);
    assertThat(outcome.err())
        .as(damaged.name())
        .contains("error: ")
        .doesNotContain("unexpected", "Exception", "\tat ");
  }

  private static List<Case> cases(String ending) throws IOException {
    Random random = new Random(SEED);
    List<Case> cases = new ArrayList<>();
    List<Path> files;
    try (Stream<Path> found = Files.walk(original)) {
      files =
          found
              .filter(file -> Files.isRegularFile(file) && file.toString().endsWith(ending))
              .map(original::relativize)
              .sorted()
              .toList();
    }
    for (Path file : files) {
      long size = Files.size(original.resolve(file));
      for (int i = 0; i < Math.min(OFFSETS, size); i++) {
        long length = OFFSETS == 1 ? size / 2 : i * size / Math.min(OFFSETS, size);
        add(cases, file, "cut to %d of %d bytes".formatted(length, size), cutTo(length));
        long at = random.nextLong(size);
        add(cases, file, "bit flipped at %d of %d".formatted(at, size), flippedAt(at, i % 8));
      }
      add(cases, file, "all zeros", at -> Files.write(at, new byte[(int) size]));
      add(cases, file, "deleted", Files::delete);
      add(
          cases,
          file,
          "a directory",
          at -> {
            Files.delete(at);
            Files.createDirectory(at);
          });
    }
    return IntStream.range(0, cases.size())
        .filter(i -> i % PARTS == PART)
        .mapToObj(cases::get)
        .toList();
  }

  private static void add(List<Case> cases, Path file, String name, Damage damage) {
    cases.add(
        new Case(
            "seed %d, %s: %s".formatted(SEED, file, name), run -> damage.to(run.resolve(file))));
  }

  private static Damage cutTo(long length) {
    return file -> {
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
        channel.truncate(length);
      }
    };
  }

  private static Damage flippedAt(long position, int bit) {
    return file -> {
      byte[] bytes = Files.readAllBytes(file);
      bytes[(int) position] ^= (byte) (1 << bit);
      Files.write(file, bytes);
    };
  }

  /** A damaged copy of the run, with hard links preserved. */
  private static Path copy(Case damaged) throws IOException {
    Path copy = folder.resolve("copy");
    Map<Object, Path> copied = new HashMap<>();
    try (Stream<Path> files = Files.walk(original)) {
      for (Path file : files.toList()) {
        Path target = copy.resolve(original.relativize(file));
        Object key = Files.getAttribute(file, "unix:ino");
        if (Files.isDirectory(file)) {
          Files.createDirectory(target);
        } else if (copied.containsKey(key)) {
          Files.createLink(target, copied.get(key));
        } else {
          Files.copy(file, target);
          copied.put(key, target);
        }
      }
    }
    damaged.damage().to(copy);
    return copy;
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
    assertThat(Arrays.asList(folder.toFile().list())).doesNotContain("copy");
  }
}
