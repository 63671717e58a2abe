package trainer.service.live;

import java.util.LinkedHashMap;
import java.util.Map;
import trainer.service.runs.Run;
import trainer.service.runs.RunFiles;

/** The runs that are looked at: their records are kept in memory while they are. */
public final class LiveRuns {
  private static final int KEPT = 32;

  private final RunFiles files;
  private final Map<Key, LiveRun> runs =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, LiveRun> eldest) {
          return size() > KEPT;
        }
      };

  private record Key(String id, int attempt) {}

  /** Runs in a runs directory. */
  public LiveRuns(RunFiles files) {
    this.files = files;
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
    return live;
  }
}
