package trainer.service.live;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import trainer.config.Configuration;
import trainer.config.ConfigurationException;
import trainer.config.ConfigurationLoader;
import trainer.config.binding.RecordType;
import trainer.service.runs.Run;
import trainer.service.runs.RunState;
import trainer.service.runs.Runs;

/**
 * Searches and sorts all runs. Configurations never change, and the figures of ended runs do not
 * either: they are read once, then kept. Thread-safe.
 */
public final class RunCatalogue {
  /** The keys besides those of configurations. */
  private static final Map<String, Function<Entry, Object>> OWN = new LinkedHashMap<>();

  static {
    OWN.put("name", entry -> entry.run().name());
    OWN.put("state", entry -> entry.run().state().word());
    OWN.put("submitted_by", entry -> entry.run().submittedBy());
    OWN.put("note", entry -> entry.run().labels().note());
    OWN.put("priority", entry -> entry.run().priority());
    OWN.put("iteration", entry -> entry.figure(progress -> progress.last().iteration()));
    OWN.put("seconds", entry -> entry.figure(progress -> progress.last().seconds()));
    OWN.put("train_loss", entry -> entry.figure(progress -> progress.last().trainLoss()));
    OWN.put("validation_loss", entry -> entry.figure(RunProgress::validationLoss));
    OWN.put("best_validation_loss", entry -> entry.figure(RunProgress::bestValidationLoss));
    OWN.put("characters_per_second", entry -> entry.figure(RunProgress::charactersPerSecond));
    OWN.put(
        "parameters",
        entry ->
            entry.figure(
                progress ->
                    progress.start().parameters() > 0 ? progress.start().parameters() : null));
  }

  private static final Logger LOG = LoggerFactory.getLogger(RunCatalogue.class);
  private static final int PREPARED_AT_A_TIME = 100;

  /** The key of the order of submission. */
  public static final String NUMBER = "number";

  private final Runs runs;
  private final LiveRuns live;
  private final Map<Long, Map<String, String>> configurations = new ConcurrentHashMap<>();
  private final Map<String, Set<String>> keysByName = new ConcurrentHashMap<>();
  private final Map<String, String> texts = new ConcurrentHashMap<>(); // few, in many runs

  public RunCatalogue(Runs runs, LiveRuns live) {
    this.runs = runs;
    this.live = live;
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

    Object figure(Function<RunProgress, Object> figure) {
      return live.progress(run).map(figure).orElse(null);
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
      if (OWN.containsKey(key)) {
        return Optional.ofNullable(OWN.get(key).apply(this)).map(String::valueOf).stream().toList();
      }
      Map<String, String> configuration = configurations.get(run.number());
      return configuration == null
          ? List.of()
          : keysByName.getOrDefault(key, Set.of()).stream()
              .map(configuration::get)
              .filter(Objects::nonNull)
              .toList();
    }

    /** The value to sort by: a number, a text, or null. */
    private Object order(String key) {
      if (OWN.containsKey(key)) {
        return OWN.get(key).apply(this);
      }
      return values(key).stream().findFirst().<Object>map(Entry::number).orElse(null);
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
    List<String> keys = new ArrayList<>(query.keys());
    keys.add(key);
    prepare(all, keys);
    List<Entry> found = new ArrayList<>();
    for (Run run : all) {
      Entry entry = new Entry(run);
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

  /** Reads what searches need, so that the first one does not wait for it. */
  public void prepare() {
    try {
      List<Run> all = runs.list(null, null, Integer.MAX_VALUE);
      inParts(
          all,
          some -> {
            read(some);
            some.forEach(live::progress);
          });
    } catch (RuntimeException e) {
      LOG.debug("searches will read what they need", e); // such as when the service stops
    }
  }

  private static void inParts(List<Run> all, Consumer<List<Run>> act) {
    for (int start = 0; start < all.size(); start += PREPARED_AT_A_TIME) {
      act.accept(all.subList(start, Math.min(all.size(), start + PREPARED_AT_A_TIME)));
    }
  }

  /** Of several threads, each reads what no other has read. */
  private synchronized void read(List<Run> some) {
    List<Long> missing =
        some.stream().map(Run::number).filter(each -> !configurations.containsKey(each)).toList();
    runs.configurations(missing).entrySet().parallelStream()
        .forEach(each -> keep(each.getKey(), flat(each.getValue())));
  }

  /** Reads the configurations that are needed and not kept yet. */
  private void prepare(List<Run> all, Collection<String> keys) {
    Set<String> asked = new HashSet<>(keys);
    asked.removeAll(OWN.keySet());
    asked.removeAll(Set.of(NUMBER, "tag"));
    if (asked.isEmpty()) {
      return;
    }
    inParts(all, this::read);
    if (configurations.size() > all.size()) { // some were deleted
      configurations.keySet().retainAll(all.stream().map(Run::number).collect(Collectors.toSet()));
      texts.clear();
    }
    for (String key : asked) {
      if (!keysByName.containsKey(key) && !all.isEmpty()) {
        throw new IllegalArgumentException(
            "no run has the key '%s': the keys are those of the configuration, tag, %s"
                .formatted(key, String.join(", ", OWN.keySet())));
      }
    }
  }

  private void keep(long number, Map<String, String> configuration) {
    Map<String, String> kept = new LinkedHashMap<>();
    configuration.forEach(
        (key, value) -> {
          name(key);
          kept.put(one(key), one(value));
        });
    configurations.put(number, kept);
  }

  private String one(String text) {
    return texts.computeIfAbsent(text, each -> each);
  }

  /** Under which names a key is found: its path, with or without indices, or the end of it. */
  private void name(String key) {
    for (String path : Stream.of(key, key.replaceAll("\\[[0-9]+]", "")).distinct().toList()) {
      for (String end = path; ; end = end.substring(end.indexOf('.') + 1)) {
        keysByName.computeIfAbsent(end, each -> ConcurrentHashMap.newKeySet()).add(key);
        if (end.indexOf('.') < 0) {
          break;
        }
      }
    }
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
