package trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import trainer.run.RunDirectory;
import trainer.run.RunLock;
import trainer.text.Vocabulary;

/**
 * Whoever follows a message's advice is not refused. Each {@link Situation} makes the program print
 * a message; every {@link Advice} in it is then followed in a fresh copy of the situation.
 *
 * <p>A message with advice that no situation covers, and that {@code advice-elsewhere.txt} does not
 * list with the reason, fails the test.
 */
@Tag("slow")
@TestInstance(Lifecycle.PER_CLASS)
@TestMethodOrder(OrderAnnotation.class)
final class AdviceTest {
  private static final String ELSEWHERE = "/trainer/advice-elsewhere.txt";
  private static final String SETTINGS =
      "--set=checkpoints={every_iterations: 2, keep_last: 2}"
          + " --set=evaluation.every_iterations=2"
          + " --set=samples={every_iterations: 0}";

  private static final String SELDOM =
      " --set=checkpoints.every_iterations=20 --set=evaluation.every_iterations=20";

  private static final Pattern SETS =
      Pattern.compile("\\b(set|raise|lower|add|use|leave out|without) " + Advice.KEY);

  private static final List<Situation> SITUATIONS =
      List.of(
          of("complete by max_iterations", 2, "@job"),
          of("complete beyond max_iterations", 2, "@job --set=training.max_iterations=1"),
          of(
                  "complete by epochs",
                  2,
                  "@job --output=@/e --set=training.max_iterations=null --set=training.epochs=1"
                      + SELDOM)
              .twice(),
          of(
                  "complete by both",
                  2,
                  "@job --output=@/e --set=training.max_iterations=29 --set=training.epochs=1"
                      + SELDOM)
              .twice(),
          of("complete on a schedule", 2, "@job --output=@/e --set=training.schedule=cosine")
              .twice(),
          of(
                  "complete by early stopping",
                  2,
                  "@job --output=@/e --set=training.max_iterations=40 --set=training.early_stopping={patience: 1, min_delta: 100.0}")
              .twice(),
          of("finished", 1, "@job --output=@/new"),
          of("another learning rate", 3, "@job --set=training.optimizer.learning_rate=0.5"),
          of("another optimizer", 3, "@job --set=training.optimizer=rmsprop"),
          of("a longer schedule", 4, "@job --output=@/e --set=training.schedule=linear")
              .then(
                  "@job --output=@/e --set=training.schedule=linear --set=training.max_iterations=8"),
          of("other layers", 2, "@job --set=model.layers=[{type: gru, size: 9}]"),
          of("a grown text", 4, "@job --set=training.max_iterations=6")
              .given(folder -> append(folder.resolve("corpus.txt"), "Ünd möre.\n")),
          of("a grown text that is no longer recorded", 3, "@job")
              .given(
                  folder -> {
                    append(folder.resolve("corpus.txt"), "and more.\n");
                    delete(folder.resolve("r/corpus.bin"));
                  }),
          of("another vocabulary", 3, "@job --set=data.newlines=keep --output=@/r"),
          of(
                  "a vocabulary that changed under a run",
                  1,
                  "@job --output=@/kept --set=data.vocabulary=@/v.json")
              .twice()
              .between(folder -> swapCharacters(folder.resolve("v.json")))
              .given(folder -> copy(folder.resolve("r/vocabulary.json"), folder.resolve("v.json"))),
          of(
              "weights with another vocabulary",
              1,
              "@job --output=@/new --init-from=@/r --set=data.corpus=@/other.txt"),
          of(
              "a vocabulary that is given and extended",
              1,
              "@job --output=@/new --init-from=@/r --extend-vocabulary --set=data.vocabulary=@/r"),
          of(
              "moments of another optimizer",
              1,
              "@job --output=@/new --init-from=@/r --keep-optimizer --set=training.optimizer=rmsprop"),
          of("a fork of the end", 1, "@job --output=@/new --fork=@/r"),
          of(
              "a fork with other lanes",
              1,
              "@job --output=@/new --fork=@/r --set=training.max_iterations=6 --set=training.batch_size=4"),
          of(
              "a fork with other layers",
              1,
              "@job --output=@/new --fork=@/r --set=training.max_iterations=6"
                  + " --set=model.layers=[{type: gru, size: 9}]"),
          of(
                  "a fork on a grown text",
                  2,
                  "@job --output=@/new --fork=@/r --set=training.max_iterations=6")
              .given(folder -> append(folder.resolve("corpus.txt"), "and more.\n")),
          of(
              "a fork in the place of its run",
              1,
              "@job --resume=never --fork=@/r@2 --set=training.max_iterations=6"),
          of("moments of no run", 1, "@job --output=@/new --keep-optimizer"),
          of("no run to resume", 1, "@job --output=@/none --resume=required"),
          of("a directory that is no run", 1, "@job --output=@/foreign")
              .given(folder -> append(folder.resolve("foreign/thesis.tex"), "years")),
          of("checkpoints that are a link", 1, "@job --output=@/linked")
              .given(folder -> link(folder.resolve("linked/checkpoints"), folder.resolve("r"))),
          of("no usable checkpoint", 1, "@job").given(folder -> damage(folder.resolve("r"))),
          of("a directory in use", 1, "@job").whileHeld(),
          of(
              "unknown characters",
              2,
              "@job --output=@/new --set=data.corpus=@/other.txt --set=data.vocabulary=@/r"),
          of(
                  "unknown characters without a replacement",
                  1,
                  "@job --output=@/new --set=data.corpus=@/other.txt --set=data.vocabulary=@/v.json"
                      + " --set=data.unknown=replace")
              .given(folder -> append(folder.resolve("v.json"), Vocabulary.of("ab").toJson())),
          of("too many combining marks", 1, "@job --output=@/new --set=data.normalize=nfc")
              .given(folder -> append(folder.resolve("corpus.txt"), "\u0301".repeat(100_000))),
          of(
                  "divergence without clipping",
                  2,
                  "@job --output=@/d --set=training.gradient_clipping=none --set=training.optimizer={type: sgd, learning_rate: 1000.0}")
              .orFailing(),
          of(
                  "divergence with clipping by norm",
                  2,
                  "@job --output=@/d --set=training.gradient_clipping={norm: 1000.0} --set=training.optimizer={type: sgd, learning_rate: 1000.0}")
              .orFailing(),
          of(
                  "divergence with clipping by value",
                  2,
                  "@job --output=@/d --set=training.gradient_clipping={value: 1000.0} --set=training.optimizer={type: sgd, learning_rate: 1000.0}")
              .orFailing(),
          of("an empty split", 2, "evaluate @/r --split=test"),
          of("a changed text to evaluate on", 1, "evaluate @/e")
              .first("@job --output=@/e")
              .between(
                  folder -> {
                    append(folder.resolve("corpus.txt"), "and more.\n");
                    delete(folder.resolve("e/corpus.bin"));
                  }),
          of("another reading", 1, "evaluate @/r --like=@/e")
              .first("@job --output=@/e --set=data.newlines=keep")
              .between(folder -> delete(folder.resolve("e/corpus.bin"))),
          of("a text in UTF-16", 1, "@job --output=@/new --set=data.corpus=@/text16.txt")
              .given(
                  folder ->
                      write(
                          folder.resolve("text16.txt"),
                          SmallJob.text(4_000, 3).getBytes(StandardCharsets.UTF_16))),
          of(
                  "a text in an unknown encoding",
                  0,
                  "@job --output=@/new --set=data.corpus=@/latin.txt")
              .given(
                  folder ->
                      write(
                          folder.resolve("latin.txt"),
                          "élan vital, the café\n"
                              .repeat(200)
                              .getBytes(StandardCharsets.ISO_8859_1))),
          of(
                  "a text in UTF-8 that is called another encoding",
                  1,
                  "@job --output=@/new --set=data.corpus=@/utf8.txt --set=data.encoding=ISO-8859-1")
              .given(
                  folder ->
                      write(
                          folder.resolve("utf8.txt"),
                          "élan vital, the café\n".repeat(200).getBytes(StandardCharsets.UTF_8))),
          of(
                  "letters in two normalization forms",
                  1,
                  "plan @/job.yml --set=data.corpus=@/forms.txt")
              .given(
                  folder ->
                      write(
                          folder.resolve("forms.txt"),
                          "caf\u00e9 or cafe\u0301\n"
                              .repeat(2_000)
                              .getBytes(StandardCharsets.UTF_8))),
          of("too many lanes", 1, "@job --output=@/new --set=training.batch_size=2000"),
          of("too long segments", 1, "@job --output=@/new --set=training.sequence_length=9000"),
          of("a prompt in UTF-16", 1, "sample @/r --length=5 --prompt-file=@/prompt.txt")
              .given(
                  folder ->
                      write(
                          folder.resolve("prompt.txt"),
                          "the sea".getBytes(StandardCharsets.UTF_16))),
          of("unknown characters to evaluate on", 1, "evaluate @/r --corpus=@/other.txt"),
          of("unknown characters to explain", 1, "explain @/r --file=@/other.txt"),
          of("a run without its corpus to explain", 2, "explain @/e")
              .first("@job --output=@/e")
              .between(
                  folder -> {
                    append(folder.resolve("corpus.txt"), "and more.\n");
                    delete(folder.resolve("e/corpus.bin"));
                  }),
          of(
                  "a validation text unlike the rest",
                  2,
                  "plan @/job.yml --set=data.corpus=@/unlike.txt")
              .given(folder -> append(folder.resolve("unlike.txt"), unlike())),
          of(
              "text that is dropped",
              1,
              "plan @/job.yml --set=training.sequence_length=300 --set=training.remainder=drop"),
          of(
              "lanes that leave text",
              0,
              "plan @/job.yml --set=training.sequence_length=3 --set=training.batch_size=1000"),
          of("a learning rate", 1, "find-rate @/job.yml --steps=50 --to=1000"),
          of("rates that are too low", 1, "find-rate @/job.yml --steps=50 --from=0.001 --to=0.02"),
          of(
              "rates that are too high",
              1,
              "find-rate @/job.yml --steps=50 --from=1000 --to=10000 --set=training.optimizer.type=sgd"),
          of("a prompt", 1, "sample @/r --length=5 --prompt=☃"));

  @TempDir private static Path temporary;
  private final Map<String, String> outputs = new TreeMap<>();
  private int copies;

  private interface Change {
    void make(Path folder);
  }

  /**
   * A command that prints advice.
   *
   * @param advice pieces of advice in the output
   * @param given changes the folder before
   * @param first commands before it
   * @param between changes the folder between these and it
   * @param command words separated by {@code " --"}; {@code @} stands for the folder
   * @param mayFail whether following the advice may end with exit code 1
   * @param held whether another trainer holds the run
   */
  private record Situation(
      String name,
      int advice,
      Change given,
      List<String> first,
      Change between,
      String command,
      boolean mayFail,
      boolean held) {

    Situation given(Change change) {
      return new Situation(name, advice, change, first, between, command, mayFail, held);
    }

    Situation between(Change change) {
      return new Situation(name, advice, given, first, change, command, mayFail, held);
    }

    Situation first(String before) {
      return new Situation(name, advice, given, List.of(before), between, command, mayFail, held);
    }

    Situation then(String next) {
      return new Situation(name, advice, given, List.of(command), between, next, mayFail, held);
    }

    Situation twice() {
      return then(command);
    }

    Situation orFailing() {
      return new Situation(name, advice, given, first, between, command, true, held);
    }

    Situation whileHeld() {
      return new Situation(name, advice, given, first, between, command, mayFail, true);
    }

    @Override
    public String toString() {
      return name;
    }
  }

  private static Situation of(String name, int advice, String command) {
    Change none = folder -> {};
    return new Situation(name, advice, none, List.of(), none, command, false, false);
  }

  static List<Situation> situations() {
    return SITUATIONS;
  }

  /** The job, a run of it in {@code r}, and another text. */
  @BeforeAll
  void makeASituation() throws IOException {
    Path folder = Files.createDirectory(temporary.resolve("base"));
    SmallJob.write(folder, 4_000);
    Files.writeString(folder.resolve("other.txt"), SmallJob.text(4_000, 2) + "é");
    assertThat(run("@job", folder).exitCode()).isZero();
  }

  private static InProcess run(String command, Path folder) {
    return InProcess.run(words(command, folder).toArray(String[]::new));
  }

  private static List<String> words(String command, Path folder) {
    String directory = command.contains(" --output=") ? "" : " --output=@/r";
    String job = "@/job.yml --set=training.max_iterations=4 " + SETTINGS + directory;
    String whole = command.replace("@job", job).replace("@/", folder + "/");
    List<String> words = new ArrayList<>(List.of(whole.split(" (?=--)", -1)));
    words.addAll(0, List.of(words.remove(0).split(" ", -1)));
    return words;
  }

  /** A fresh copy of the situation, and the message in it. */
  private InProcess provoke(Situation situation, Path folder) {
    copy(temporary.resolve("base"), folder);
    situation.given().make(folder);
    for (String command : situation.first()) {
      InProcess before = run(command, folder);
      assertThat(before.exitCode()).as(before.err()).isZero();
    }
    situation.between().make(folder);
    if (!situation.held()) {
      return run(situation.command(), folder);
    }
    try (RunLock holder = new RunDirectory(folder.resolve("r")).open()) {
      assertThat(holder.isHeld()).isTrue();
      // Something to do, or the run is only read.
      return run(situation.command() + " --set=training.max_iterations=6", folder);
    }
  }

  private Path fresh() {
    return temporary.resolve("s" + copies++);
  }

  private List<Advice> advice(Situation situation, InProcess result, Path folder) {
    return Advice.in(
        result.out() + result.err(),
        words(situation.command(), folder),
        Map.of(
            "NEW", folder.resolve("brand new").toString(),
            "RUN", folder.resolve("r").toString(),
            "--output", folder.resolve("brand new").toString(),
            "--corpus", folder.resolve("corpus.txt").toString(),
            "--file", folder.resolve("corpus.txt").toString(),
            "--text", "the sea and",
            "--split", "validation"));
  }

  @Order(1) // its output serves the others
  @ParameterizedTest
  @MethodSource("situations")
  void adviceIsAccepted(Situation situation) {
    Path folder = fresh();
    InProcess result = provoke(situation, folder);
    outputs.put(situation.name(), result.out() + result.err());
    List<Advice> given = advice(situation, result, folder);
    assertThat(given).as(result.err()).hasSize(situation.advice());
    Path before = fresh();
    copy(folder, before);
    for (Advice advice : given) {
      deleteAll(folder);
      copy(before, folder);

      InProcess followed = InProcess.run(advice.command().toArray(String[]::new));

      assertThat(followed.exitCode())
          .as("%s%n%s%n%s%n%s", advice.text(), advice.command(), result.err(), followed.err())
          .isBetween(0, situation.mayFail() ? 1 : 0);
      assertThat(followed.err()).doesNotContain("already complete");
    }
  }

  @Test
  void everyMessageWithAdviceHasASituation() throws IOException {
    for (Situation situation : SITUATIONS) {
      outputs.computeIfAbsent(
          situation.name(),
          name -> {
            InProcess result = provoke(situation, fresh());
            return result.out() + result.err();
          });
    }
    List<String> elsewhere = elsewhere();
    List<String> uncovered = new ArrayList<>();
    for (MessageTexts message : MessageTexts.all()) {
      boolean covered =
          !advises(message.text())
              || outputs.values().stream().anyMatch(message::isIn)
              || elsewhere.stream().anyMatch(message.text()::contains);
      if (!covered) {
        uncovered.add(message.file().getFileName() + ": " + message.text());
      }
    }
    assertThat(uncovered)
        .as("add a situation, or a line with the reason to advice-elsewhere.txt")
        .isEmpty();
  }

  /** Whether a literal tells the reader what to do with an option or a key. */
  private static boolean advises(String text) {
    String behindPlace = text.replaceFirst("^--[a-z-]+[^:]*: ", "").strip();
    return (Advice.OPTION.matcher(behindPlace).find() && behindPlace.contains(" "))
        || SETS.matcher(behindPlace).find();
  }

  /** A line that no message has is out of date. */
  @Test
  void theMessagesElsewhereExist() throws IOException {
    List<String> texts = MessageTexts.all().stream().map(MessageTexts::text).toList();
    for (String line : elsewhere()) {
      assertThat(texts).as(line).anyMatch(text -> text.contains(line));
    }
  }

  private static List<String> elsewhere() throws IOException {
    try {
      Path file = Path.of(AdviceTest.class.getResource(ELSEWHERE).toURI());
      return Files.readAllLines(file).stream()
          .filter(line -> !line.startsWith("#") && !line.isBlank())
          .toList();
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }

  private static void append(Path file, String text) {
    try {
      Files.createDirectories(file.getParent());
      String before = Files.exists(file) ? Files.readString(file) : "";
      Files.writeString(file, before + text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void write(Path file, byte[] bytes) {
    try {
      Files.write(file, bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Words, and at the end their characters in random order. */
  private static String unlike() {
    String words = SmallJob.text(40_000, 1);
    List<String> characters =
        new ArrayList<>(
            SmallJob.text(5_000, 2).codePoints().mapToObj(Character::toString).toList());
    Collections.shuffle(characters, new Random(1));
    return words + String.join("", characters);
  }

  private static void delete(Path file) {
    assertThat(file.toFile().delete()).isTrue();
  }

  private static void link(Path link, Path target) {
    try {
      Files.createDirectories(link.getParent());
      Files.createSymbolicLink(link, target);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void copy(Path from, Path to) {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Files.copy(
            file,
            to.resolve(from.relativize(file).toString()),
            LinkOption.NOFOLLOW_LINKS,
            StandardCopyOption.COPY_ATTRIBUTES);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void deleteAll(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void damage(Path run) {
    try (Stream<Path> files = Files.walk(run)) {
      for (Path file : files.filter(path -> path.toString().endsWith(".zip")).toList()) {
        Files.delete(file);
        Files.writeString(file, "damaged");
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Exchanges the first two characters of a vocabulary. */
  private static void swapCharacters(Path file) {
    try {
      String text = Files.readString(file);
      String swapped =
          text.replace("\"code_point\": 10, \"character\": \"\\n\"", "@")
              .replace(
                  "\"code_point\": 32, \"character\": \" \"",
                  "\"code_point\": 10, \"character\": \"\\n\"")
              .replace("@", "\"code_point\": 32, \"character\": \" \"");
      assertThat(swapped).isNotEqualTo(text);
      Files.writeString(file, swapped);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
