package trainer.service.schedule;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import trainer.file.Sha256;
import trainer.run.RunDirectory;
import trainer.service.runs.Lease;
import trainer.service.schedule.Evaluation.Score;
import trainer.service.schedule.SchedulePlan.Missed;
import trainer.service.schedule.SchedulePlan.Start;

/**
 * Schedules on texts that grow, gain characters, are replaced, truncated, garbled and deleted at
 * random, also while they are trained on and evaluated; service and runs are killed at random.
 * Every decision is recomputed from the texts and models as they were; no schedule is ever stuck;
 * the disk is bounded. {@code -Dservice.seed}, {@code -Dservice.seeds} and {@code
 * -Dservice.firings} set the first seed, their number, and the trigger runs of each.
 */
final class RetrainingSimulationTest {
  private static final long SEED = Long.getLong("service.seed", 20261129);
  private static final int SEEDS = Integer.getInteger("service.seeds", 3);
  private static final int FIRINGS = Integer.getInteger("service.firings", 100);
  private static final int KEPT = 2;
  private static final double MARGIN = 0.001;

  @TempDir private Path folder;
  private Random random;
  private long seed;
  private final List<Subject> subjects = new ArrayList<>();
  private final Map<TriggerRunState, Integer> outcomes = new HashMap<>();

  /** All texts that ever were, by SHA-256. */
  private final Map<String, byte[]> texts = new HashMap<>();

  /** Counts of each character of each model that was trained, by run. */
  private final Map<String, Map<Integer, Long>> models = new HashMap<>();

  private final Map<String, String> trainedOn = new HashMap<>(); // SHA-256 by run
  private SimulatedService service;
  private Subject current; // null: nothing is disturbed
  private boolean bad; // a text was unusable at some time of the trigger run
  private int kills;

  /** A schedule, its texts, and what is expected of it. */
  private static final class Subject {
    private final String name;
    private final Path text;
    private final Path heldOut; // null: a split decides
    private int champion; // version
    private String lastText; // that the last result was trained on

    Subject(String name, Path text, Path heldOut) {
      this.name = name;
      this.text = text;
      this.heldOut = heldOut;
    }
  }

  /** A kill -9 of the service. */
  private static final class Killed extends Error {
    private static final long serialVersionUID = 1;
  }

  @BeforeEach
  void start() throws IOException {
    service = new SimulatedService(folder, this::evaluate);
  }

  @AfterEach
  void stop() {
    service.close();
  }

  private void createSchedules() {
    for (Start start : Start.values()) {
      for (boolean heldOut : new boolean[] {false, true}) {
        for (String unknown : new String[] {"error", "replace"}) {
          subjects.add(subject(start, heldOut, unknown));
        }
      }
    }
  }

  private Subject subject(Start start, boolean heldOut, String unknown) {
    String name = "%s-%s-%s".formatted(start.word(), heldOut ? "held" : "split", unknown);
    Subject subject =
        new Subject(
            name,
            service.text(name + ".txt"),
            heldOut ? service.text(name + "-held-out.txt") : null);
    write(subject.text, prose(600));
    if (heldOut) {
      write(subject.heldOut, prose(300));
    }
    String configuration =
        "data: {corpus: %s.txt, unknown: %s}\nmodel: {layers: [{type: lstm, size: 4}]}\n"
            .formatted(name, unknown);
    service.schedules.create(
        new SchedulePlan(
            name,
            Cron.of("0 0 1 1 *", "UTC"),
            configuration,
            name,
            start,
            true,
            heldOut ? name + "-held-out.txt" : null,
            MARGIN,
            KEPT,
            KEPT,
            Missed.ONCE,
            false,
            0),
        "anna");
    return subject;
  }

  private Score evaluate(RunDirectory model, RunDirectory like, String text) {
    disturb();
    Score score = UnigramModels.evaluate(model, like, text);
    disturb();
    return score;
  }

  /** What may happen at any moment. */
  private void disturb() {
    if (current == null) {
      return;
    }
    if (random.nextInt(5) == 0) {
      change(current.text);
    }
    if (current.heldOut != null && random.nextInt(5) == 0) {
      change(current.heldOut);
    }
    if (random.nextInt(20) == 0) {
      throw new Killed();
    }
  }

  private String prose(int length) {
    String letters = "eeeeeeetttttaaaaoooiinnnsshhrrdlu      ,.\n";
    StringBuilder text = new StringBuilder();
    while (text.length() < length) {
      text.append(letters.charAt(random.nextInt(letters.length())));
    }
    return text.toString();
  }

  private String newCharacters() {
    StringBuilder text = new StringBuilder();
    int first = new int[] {0xe0, 0x3b1, 0x430, 0x4e00, 0x1f600}[random.nextInt(5)];
    for (int i = random.nextInt(40); i >= 0; i--) {
      text.appendCodePoint(first + random.nextInt(8));
    }
    return text.toString();
  }

  private void change(Path file) {
    String now = Files.exists(file) ? new String(bytes(file), UTF_8) : prose(400);
    switch (random.nextInt(12)) {
      case 0 ->
          write(file, now.substring(0, random.nextInt(now.length() + 1)).replace("\ufffd", ""));
      case 1 -> write(file, prose(200 + random.nextInt(800)));
      case 2 -> {
        byte[] garbled = now.getBytes(UTF_8);
        for (int i = 0; i < garbled.length; i += 7) {
          garbled[i] = (byte) random.nextInt(256);
        }
        write(file, garbled);
      }
      case 3 -> delete(file);
      case 4, 5, 6 -> write(file, prose(300) + newCharacters() + prose(100) + newCharacters());
      default -> write(file, now.replace("\ufffd", "?") + prose(1 + random.nextInt(100)));
    }
    note();
  }

  private void write(Path file, String text) {
    write(file, text.getBytes(UTF_8));
  }

  private void write(Path file, byte[] text) {
    try {
      Files.write(file, text);
      texts.put(sha256(text), text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] bytes(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String sha256(byte[] text) {
    return HexFormat.of().formatHex(Sha256.digest().digest(text));
  }

  /** Notes whether a text is unusable now: then the trigger run may fail. */
  private void note() {
    if (current != null) {
      bad |= isBad(current.text) || (current.heldOut != null && isBad(current.heldOut));
    }
  }

  private static boolean isBad(Path file) {
    if (!Files.exists(file)) {
      return true;
    }
    String text = new String(bytes(file), UTF_8);
    return text.codePoints().count() < 100
        || text.contains("\ufffd")
        || text.chars().anyMatch(character -> character < ' ' && character != '\n');
  }

  static LongStream seeds() {
    return LongStream.range(SEED, SEED + SEEDS);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void everyDecisionIsRightAndNoScheduleIsStuck(long value) throws IOException {
    seed = value;
    random = new Random(seed);
    createSchedules();
    for (int i = 0; i < FIRINGS; i++) {
      Subject subject = subjects.get(i % subjects.size());
      current = subject;
      if (random.nextInt(4) > 0) {
        change(subject.text);
      }
      if (subject.heldOut != null && random.nextInt(4) == 0) {
        change(subject.heldOut);
      }
      check(
          subject, fire(subject, random.nextInt(10) == 0), "seed %d, firing %d".formatted(seed, i));
    }
    for (Subject subject : subjects) {
      current = null;
      write(subject.text, prose(700));
      if (subject.heldOut != null) {
        write(subject.heldOut, prose(300));
      }
      bad = false;
      TriggerRun last = fire(subject, false);
      assertThat(last.state())
          .as("%s is not stuck: %s", subject.name, last.reason())
          .isIn(TriggerRunState.PROMOTED, TriggerRunState.KEPT);
    }
    System.out.printf(
        "seed %d, %d trigger runs: %s; %d kills; %,d bytes%n",
        seed, FIRINGS, outcomes, kills, UnigramModels.bytes(service.files));
    assertThat(outcomes.keySet())
        .as("the simulation came to all of them")
        .contains(
            TriggerRunState.PROMOTED,
            TriggerRunState.KEPT,
            TriggerRunState.FAILED,
            TriggerRunState.SKIPPED);
  }

  /**
   * Triggers a schedule and drives service and worker to the outcome, after the longest pause or
   * with a clock that was set back.
   */
  private TriggerRun fire(Subject subject, boolean forced) {
    Duration later = seed % 2 == 0 ? Duration.ofHours(13) : Duration.ofDays(-365);
    service.change("UPDATE firings SET ended_at = ended_at - %d".formatted(later.toMillis()));
    bad = false;
    note();
    long number =
        service.triggers.request(subject.name, "ben", null, forced).orElseThrow().number();
    for (int step = 0; step < 400; step++) {
      try {
        service.work();
        TriggerRun triggerRun = service.newest(subject.name);
        if (triggerRun.number() == number && triggerRun.endedAt() != null) {
          return triggerRun;
        }
        disturb();
        service.take().ifPresent(this::train);
      } catch (Killed e) {
        kills++;
        service.start();
      }
    }
    throw new AssertionError("%s is stuck, seed %d".formatted(subject.name, seed));
  }

  private void train(Lease lease) {
    service.train(
        lease,
        random.nextBoolean() ? 0 : random.nextInt(60),
        () -> {
          disturb(); // a kill here is resumed with the same text
          RunDirectory run = service.files.newest(lease.run());
          try {
            models.put(lease.run().id(), UnigramModels.read(run));
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
          trainedOn.put(lease.run().id(), sha256(bytes(run.corpus())));
        });
  }

  private void check(Subject subject, TriggerRun outcome, String when) throws IOException {
    String what = "%s, %s, %s".formatted(when, subject.name, outcome);
    outcomes.merge(outcome.state(), 1, Integer::sum);
    switch (outcome.state()) {
      case PROMOTED, KEPT -> checkDecision(subject, outcome, what);
      case SKIPPED -> {
        assertThat(outcome.forced()).as(what).isFalse();
        assertThat(outcome.reason()).as(what).startsWith("text and configuration are unchanged");
        assertThat(outcome.reason()).as(what).contains(subject.lastText);
      }
      case FAILED -> assertThat(bad).as(what).isTrue();
      case PREPARING, TRAINING, MISSED -> throw new AssertionError(what);
    }
    assertThat(service.champion(subject.name)).as(what).isEqualTo(subject.champion);
    checkDisk(subject, what);
  }

  private void checkDecision(Subject subject, TriggerRun outcome, String what) throws IOException {
    JsonNode figures = new JsonMapper().readTree(outcome.figures());
    byte[] text = texts.get(figures.path("sha256").asText());
    assertThat(text).as("%s: the text was there", what).isNotNull();
    int[] characters = new String(text, UTF_8).codePoints().toArray();
    int from = subject.heldOut == null ? characters.length - characters.length / 5 : 0;
    double[] challenger = recomputed(subject, outcome.version(), characters, from);
    compare(figures.path("challenger"), challenger, characters.length - from, what);
    boolean promote = challenger[1] <= 0.1 * (characters.length - from);
    if (subject.champion > 0) {
      double[] champion = recomputed(subject, subject.champion, characters, from);
      assertThat(figures.at("/champion/version").asInt()).as(what).isEqualTo(subject.champion);
      compare(figures.path("champion"), champion, characters.length - from, what);
      promote &= champion[0] - challenger[0] > MARGIN;
    }
    assertThat(outcome.state() == TriggerRunState.PROMOTED).as(what).isEqualTo(promote);
    if (promote) {
      subject.champion = outcome.version();
    }
    RunDirectory run = service.files.newest(service.runs.find(outcome.run()).orElseThrow());
    assertThat(run.corpus()).as("encoded text of %s", what).doesNotExist();
    subject.lastText = trainedOn.get(outcome.run());
    assertThat(outcome.corpusSha256()).as(what).isEqualTo(subject.lastText);
    if (subject.heldOut == null) {
      assertThat(figures.path("sha256").asText()).as(what).isEqualTo(subject.lastText);
    }
  }

  /** Loss and unknown characters. */
  private double[] recomputed(Subject subject, int version, int[] text, int from) {
    Map<Integer, Long> counts =
        models.get(service.registry.version(subject.name, Integer.toString(version)).run());
    double all = 0;
    for (long count : counts.values()) {
      all += count;
    }
    double nats = 0;
    int unknown = 0;
    for (int i = from; i < text.length; i++) {
      if (counts.containsKey(text[i])) {
        nats += Math.log(all) - Math.log(counts.get(text[i]));
      } else {
        nats += Math.log(1_112_064);
        unknown++;
      }
    }
    return new double[] {nats / (text.length - from), unknown};
  }

  private static void compare(JsonNode figures, double[] expected, int characters, String what) {
    assertThat(figures.path("nats_per_character").asDouble())
        .as(what)
        .isCloseTo(expected[0], within(1e-9 * expected[0]));
    assertThat(figures.path("unknown_characters").asInt()).as(what).isEqualTo((int) expected[1]);
    assertThat(figures.path("characters").asInt()).as(what).isEqualTo(characters);
  }

  private void checkDisk(Subject subject, String what) throws IOException {
    long kept =
        service.runs.list(null, null, Integer.MAX_VALUE).stream()
            .filter(run -> run.submittedBy().equals("schedule " + subject.name))
            .count();
    assertThat(kept).as("runs of %s", what).isLessThanOrEqualTo(KEPT + 2); // two champions
    Path versions = service.files.root().resolve("registry").resolve(subject.name);
    if (Files.exists(versions)) {
      try (var folders = Files.list(versions)) {
        assertThat(folders.count())
            .as("versions of %s", what)
            .isLessThanOrEqualTo(2 * KEPT + 3); // with those that failed runs start from
      }
    }
    try (var folders = Files.list(service.files.root())) {
      long directories = folders.filter(Files::isDirectory).count();
      assertThat(directories)
          .as("directories after %s", what)
          .isLessThanOrEqualTo(subjects.size() * (KEPT + 2L) + 1);
    }
  }
}
