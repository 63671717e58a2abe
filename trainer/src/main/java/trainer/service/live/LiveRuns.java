package trainer.service.live;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import trainer.service.runs.Run;
import trainer.service.runs.RunFiles;

/** The runs that are looked at: their records are kept in memory, those of the last that were. */
public final class LiveRuns {
  private static final int MOST_RUNS = 32;
  private static final long MOST_ROWS = 1_000_000; // about 200 MB

  private final RunFiles files;
  private final long mostRows;
  private final Map<Key, LiveRun> runs = new LinkedHashMap<>(16, 0.75f, true); // by last use

  private record Key(String id, int attempt) {}

  /** Runs in a runs directory. */
  public LiveRuns(RunFiles files) {
    this(files, MOST_ROWS);
  }

  /**
   * @param mostRows of metrics that are kept, beside those of the run that was looked at last
   */
  LiveRuns(RunFiles files, long mostRows) {
    this.files = files;
    this.mostRows = mostRows;
  }

  /** The newest attempt at a run, as it is on the disk now. */
  public LiveRun now(Run run) {
    LiveRun live;
    synchronized (runs) {
      live =
          runs.computeIfAbsent(
              new Key(run.id(), run.attempt()),
              key -> new LiveRun(files.newest(run), files.log(run)));
    }
    live.update();
    dropOld();
    return live;
  }

  private void dropOld() {
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
