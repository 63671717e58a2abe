package trainer.service.live;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import trainer.service.runs.Run;
import trainer.service.runs.RunFiles;

/**
 * Caches the records of recently viewed runs, the figures of active runs for half a second, and
 * those of ended runs.
 */
public final class LiveRuns {
  private static final Logger LOG = LoggerFactory.getLogger(LiveRuns.class);
  private static final int MOST_RUNS = 32;
  private static final long MOST_ROWS = 1_000_000; // about 200 MB
  private static final int MOST_PROGRESS = 1000;
  private static final int MOST_ENDED = 50_000; // about 1 kB each

  /** Maximum age of cached answers, in milliseconds. */
  public static final long RECENT_MILLISECONDS = 500;

  private final RunFiles files;
  private final long mostRows;
  private final Map<Key, LiveRun> runs = new LinkedHashMap<>(16, 0.75f, true); // by last use

  private final Recent<Run, Optional<RunProgress>> progress =
      new Recent<>(RECENT_MILLISECONDS, MOST_PROGRESS);
  private final Map<Key, RunFigures> figures = recentlyUsed(MOST_PROGRESS);
  private final Map<Key, Optional<RunProgress>> ended = recentlyUsed(MOST_ENDED);

  private record Key(String id, int attempt) {}

  public LiveRuns(RunFiles files) {
    this(files, MOST_ROWS);
  }

  /**
   * @param mostRows of metrics to cache, besides those of the latest run
   */
  LiveRuns(RunFiles files, long mostRows) {
    this.files = files;
    this.mostRows = mostRows;
  }

  /** The records of the newest attempt, as on disk now. */
  public LiveRun now(Run run) {
    LiveRun live;
    synchronized (runs) {
      live =
          runs.computeIfAbsent(
              new Key(run.id(), run.attempt()),
              key -> new LiveRun(files.newest(run), files.log(run)));
    }
    live.update();
    evict();
    return live;
  }

  private static <K, V> Map<K, V> recentlyUsed(int most) {
    return Collections.synchronizedMap(
        new LinkedHashMap<>(16, 0.75f, true) {
          @Override
          protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
            return size() > most;
          }
        });
  }

  /** Figures of the newest attempt, up to half a second old; empty before the first row. */
  public Optional<RunProgress> progress(Run run) {
    Key key = new Key(run.id(), run.attempt());
    if (run.attempt() == 0) {
      return Optional.empty();
    }
    if (!run.state().isFinal()) {
      return progress.get(run, each -> figures(key, each).now());
    }
    try {
      return last(run);
    } catch (UncheckedIOException e) {
      LOG.warn("the figures of {} cannot be read, retrying: {}", run.id(), e.getMessage());
      return Optional.empty();
    }
  }

  /**
   * The last figures of an ended run, to decide by; empty if it ended before the first row.
   *
   * @throws UncheckedIOException if they cannot be read now
   */
  public Optional<RunProgress> last(Run run) {
    Key key = new Key(run.id(), run.attempt());
    Optional<RunProgress> last = ended.get(key);
    if (last == null) {
      try {
        last = figures(key, run).read();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      ended.put(key, last);
      figures.remove(key);
    }
    return last;
  }

  private RunFigures figures(Key key, Run run) {
    return figures.computeIfAbsent(key, each -> new RunFigures(files.newest(run)));
  }

  private void evict() {
    synchronized (runs) {
      long rows = runs.values().stream().mapToLong(LiveRun::rows).sum();
      Iterator<LiveRun> oldest = runs.values().iterator();
      while (runs.size() > MOST_RUNS || (rows > mostRows && runs.size() > 1)) {
        rows -= oldest.next().rows();
        oldest.remove();
      }
    }
  }
}
