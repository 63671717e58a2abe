package trainer.service.schedule;

import trainer.service.database.Database;
import trainer.service.runs.Runs;

/** Access to what schedules came to, for tests of other packages. */
public final class PastResults {
  private PastResults() {}

  /** Whether the last result of a schedule had these checksums. */
  public static boolean isResult(
      Database database, String schedule, String corpusSha256, String configurationSha256) {
    return new TriggerRuns(database, new Runs(database), "worker")
        .isResultOf(
            new Schedules(database).find(schedule).orElseThrow(),
            new TriggerRuns.Inputs(corpusSha256, configurationSha256));
  }
}
