package trainer.service.live;

import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import trainer.config.Configuration;
import trainer.config.ConfigurationException;
import trainer.config.ConfigurationLoader;
import trainer.config.binding.RecordType;
import trainer.service.Threads;
import trainer.service.runs.Run;
import trainer.service.runs.RunState;
import trainer.service.runs.Runs;
import trainer.service.runs.SearchedRuns;
import trainer.service.runs.SearchedRuns.Searched;

/**
 * Searches and sorts all runs. Configurations never change, and the figures of ended runs do not
 * either: they are read once, then kept, in the database and in memory. Thread-safe.
 */
public final class RunCatalogue implements AutoCloseable {
  /** The keys of the row of a run. */
  private static final Map<String, Function<Run, Object>> ROW = new LinkedHashMap<>();

  /** The keys of its figures. */
  private static final Map<String, Function<RunProgress, Object>> FIGURES = new LinkedHashMap<>();

  static {
    ROW.put(RunCatalogue.NUMBER, Run::number);
    ROW.put("name", Run::name);
    ROW.put("state", run -> run.state().word());
    ROW.put("submitted_by", Run::submittedBy);
    ROW.put("note", run -> run.labels().note());
    ROW.put("priority", Run::priority);
    FIGURES.put("iteration", progress -> progress.last().iteration());
    FIGURES.put("seconds", progress -> progress.last().seconds());
    FIGURES.put("train_loss", progress -> progress.last().trainLoss());
    FIGURES.put("validation_loss", RunProgress::validationLoss);
    FIGURES.put("best_validation_loss", RunProgress::bestValidationLoss);
    FIGURES.put("characters_per_second", RunProgress::charactersPerSecond);
    FIGURES.put(
        "parameters",
        progress -> progress.start().parameters() > 0 ? progress.start().parameters() : null);
  }

  private static final Logger LOG = LoggerFactory.getLogger(RunCatalogue.class);
  private static final int KEPT_AT_A_TIME = 100;
  private static final long PERIOD_SECONDS = 60;
  private static final Searched NOTHING = new Searched("", 0, "");

  /** The key of the order of submission. */
  public static final String NUMBER = "number";

  private final Runs runs;
  private final SearchedRuns database;
  private final LiveRuns live;
  private final Map<Long, Searched> kept = new ConcurrentHashMap<>(); // by number of the run
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(Threads.daemons("catalogue"));

  public RunCatalogue(Runs runs, SearchedRuns database, LiveRuns live) {
    this.runs = runs;
    this.database = database;
    this.live = live;
  }

  /** Keeps what searches need, now and once a minute, and searches once, so that none waits. */
  @SuppressWarnings("FutureReturnValueIgnored") // they catch their exceptions
  public void start() {
    RunQuery any = RunQuery.parse("learning_rate > 0");
    clock.scheduleWithFixedDelay(() -> attempt(this::keep), 0, PERIOD_SECONDS, TimeUnit.SECONDS);
    clock.execute(() -> attempt(() -> find(any, null, false, "best_validation_loss")));
  }

  private static void attempt(Runnable work) {
    try {
      work.run();
    } catch (RuntimeException | Error e) {
      LOG.debug("searches will read what they need", e); // such as when the service stops
    }
  }

  @Override
  public void close() {
    clock.shutdownNow();
  }

  /** A run with what it is searched by. */
  private final class Entry implements RunQuery.Subject {
    private final Run run;

    Entry(Run run) {
      this.run = run;
    }

    Run run() {
      return run;
    }

    @Override
    public boolean has(String word) {
      return contains(run.id(), word)
          || contains(run.labels().note(), word)
          || run.labels().tags().stream().anyMatch(tag -> contains(tag, word));
    }

    private static boolean contains(String text, String word) {
      return text.toLowerCase(Locale.ROOT).contains(word);
    }

    @Override
    public List<String> values(String key) {
      if (key.equals("tag")) {
        return run.labels().tags();
      }
      if (ROW.containsKey(key)) {
        return List.of(String.valueOf(ROW.get(key).apply(run)));
      }
      return FIGURES.containsKey(key)
          ? KeyedLines.values(figures(), key)
          : KeyedLines.values(searched().settings(), key);
    }

    private Searched searched() {
      return kept.getOrDefault(run.number(), NOTHING); // if it was just deleted
    }

    private String figures() {
      return run.state().isFinal() ? searched().figures() : lines(live.progress(run));
    }

    /** The value to sort by: a number, a text, or null. */
    private Object order(String key) {
      return ROW.containsKey(key)
          ? ROW.get(key).apply(run)
          : values(key).stream().findFirst().<Object>map(Entry::number).orElse(null);
    }

    private static Object number(String text) {
      try {
        return Double.valueOf(text);
      } catch (NumberFormatException e) {
        return text;
      }
    }
  }

  /**
   * Finds runs.
   *
   * @param state filter, or null
   * @param archived whether those that are archived, or the others
   * @param sort a key; a hyphen before it: descending. Runs without a value come last
   * @throws IllegalArgumentException if no run has a key
   */
  public List<Run> find(RunQuery query, RunState state, boolean archived, String sort) {
    boolean descending = sort.startsWith("-");
    String key = descending ? sort.substring(1) : sort;
    List<Run> all = runs.list(null, null, Integer.MAX_VALUE);
    List<Entry> entries = all.stream().map(Entry::new).toList();
    Set<String> keys = new LinkedHashSet<>(query.keys());
    keys.add(key);
    keys.removeAll(ROW.keySet());
    keys.remove("tag");
    if (!keys.isEmpty()) {
      read(all);
    }
    keys.removeAll(FIGURES.keySet());
    keys.forEach(each -> requireKnown(each, entries));
    List<Entry> found = new ArrayList<>();
    for (Entry entry : entries) {
      Run run = entry.run();
      if (run.labels().archived() == archived
          && (state == null || run.state() == state)
          && query.matches(entry)) {
        found.add(entry);
      }
    }
    if (!key.equals(NUMBER)) {
      sort(found, key, descending);
    } else if (!descending) {
      Collections.reverse(found);
    }
    return found.stream().map(Entry::run).toList();
  }

  private record Keyed(Entry entry, Object value) {}

  private static void sort(List<Entry> found, String key, boolean descending) {
    List<Keyed> keyed = new ArrayList<>();
    found.forEach(entry -> keyed.add(new Keyed(entry, entry.order(key))));
    Comparator<Object> order = RunCatalogue::compare;
    keyed.sort(
        Comparator.comparing(
            Keyed::value, Comparator.nullsLast(descending ? order.reversed() : order)));
    found.clear();
    keyed.forEach(each -> found.add(each.entry()));
  }

  /** Numbers before texts. */
  private static int compare(Object one, Object other) {
    if (one instanceof Number first && other instanceof Number second) {
      return Double.compare(first.doubleValue(), second.doubleValue());
    }
    if (one instanceof Number || other instanceof Number) {
      return one instanceof Number ? -1 : 1;
    }
    return String.CASE_INSENSITIVE_ORDER.compare(one.toString(), other.toString());
  }

  private static void requireKnown(String key, List<Entry> all) {
    if (!all.isEmpty() && all.stream().allMatch(entry -> entry.values(key).isEmpty())) {
      throw new IllegalArgumentException(
          "no run has the key '%s': the keys are those of the configuration, tag, %s"
              .formatted(
                  key,
                  Stream.concat(ROW.keySet().stream(), FIGURES.keySet().stream())
                      .collect(Collectors.joining(", "))));
    }
  }

  /** Of several threads, each reads what no other has read. */
  private synchronized void read(List<Run> all) {
    kept.putAll(database.find(numbers(unread(all))));
    unread(all).parallelStream().forEach(run -> kept.put(run.number(), searched(run)));
    if (kept.size() > all.size()) { // some were deleted
      kept.keySet().retainAll(Set.copyOf(numbers(all)));
    }
  }

  private List<Run> unread(List<Run> all) {
    return all.stream()
        .filter(
            run -> {
              Searched searched = kept.get(run.number());
              return searched == null || !searched.isComplete(run);
            })
        .toList();
  }

  private static List<Long> numbers(List<Run> all) {
    return all.stream().map(Run::number).toList();
  }

  /** Writes to the database what it lacks: after an update of this program, that of all runs. */
  void keep() {
    List<Run> some;
    do {
      some = database.missing(KEPT_AT_A_TIME);
      Map<Long, Searched> found =
          some.parallelStream().collect(Collectors.toMap(Run::number, this::searched));
      database.keep(found);
      kept.putAll(found);
    } while (some.size() == KEPT_AT_A_TIME
        && some.stream().allMatch(run -> kept.getOrDefault(run.number(), NOTHING).isComplete(run))
        && !clock.isShutdown());
  }

  private Searched searched(Run run) {
    String yaml = runs.configuration(run.id()).orElse("");
    String settings = KeyedLines.of(flat(yaml));
    if (!run.state().isFinal()) {
      return new Searched(settings, 0, "");
    }
    try {
      return new Searched(settings, run.attempt(), lines(live.last(run)));
    } catch (UncheckedIOException e) { // they are read again
      return new Searched(settings, 0, "");
    }
  }

  private static String lines(Optional<RunProgress> progress) {
    Map<String, Object> values = new LinkedHashMap<>();
    FIGURES.forEach(
        (key, figure) -> progress.map(figure).ifPresent(value -> values.put(key, value)));
    return KeyedLines.of(values);
  }

  /**
   * Every key of a configuration with its value as YAML; an error entry if this version cannot read
   * it.
   */
  public static Map<String, String> flat(String yaml) {
    Map<String, String> values = new LinkedHashMap<>();
    try {
      Configuration configuration = ConfigurationLoader.parse(yaml, "configuration", List.of());
      RecordType.of(Configuration.class).flatten(configuration, "", values::put);
    } catch (ConfigurationException e) {
      values.put("(cannot be read)", e.problems().get(0).message());
    }
    return values;
  }
}
