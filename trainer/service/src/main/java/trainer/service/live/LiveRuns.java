package trainer.service.live;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import trainer.service.runs.Run;
import trainer.service.runs.RunFiles;

/** Caches the records of recently viewed runs, and the progress of runs for half a second. */
public final class LiveRuns {
  private static final int MOST_RUNS = 32;
  private static final long MOST_ROWS = 1_000_000; // about 200 MB
  private static final int MOST_PROGRESS = 1000;

  /** Maximum age of cached answers, in milliseconds. */
  public static final long RECENT_MILLISECONDS = 500;

  private final RunFiles files;
  private final long mostRows;
  private final Map<Key, LiveRun> runs = new LinkedHashMap<>(16, 0.75f, true); // by last use

  private final Recent<Run, Optional<RunProgress>> progress =
      new Recent<>(RECENT_MILLISECONDS, MOST_PROGRESS);

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

  /** Progress of the newest attempt, up to half a second old; empty before the first row. */
  public Optional<RunProgress> progress(Run run) {
    return run.attempt() == 0
        ? Optional.empty()
        : progress.get(run, each -> RunProgress.of(files.newest(each)));
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
