package trainer.service.schedule;

import trainer.service.database.Sql;
import trainer.service.registry.ModelVersion;

/**
 * How a trigger run ended.
 *
 * @param version registered by it, or null
 * @param figures of the evaluation as a JSON object, or null
 * @param corpusSha256 of the text that was trained on; null: as when the run was queued
 */
record TriggerOutcome(
    TriggerRunState state, String reason, Integer version, String figures, String corpusSha256) {
  TriggerOutcome {
    reason = Sql.storable(reason); // may quote what a program printed
  }

  static TriggerOutcome skipped(String reason) {
    return new TriggerOutcome(TriggerRunState.SKIPPED, reason, null, null, null);
  }

  /** Before a version was registered. */
  static TriggerOutcome failed(String reason) {
    return new TriggerOutcome(TriggerRunState.FAILED, reason, null, null, null);
  }

  static TriggerOutcome failed(String reason, ModelVersion version) {
    return of(TriggerRunState.FAILED, reason, version, null);
  }

  static TriggerOutcome promoted(String reason, ModelVersion version, String figures) {
    return of(TriggerRunState.PROMOTED, reason, version, figures);
  }

  static TriggerOutcome kept(String reason, ModelVersion version, String figures) {
    return of(TriggerRunState.KEPT, reason, version, figures);
  }

  private static TriggerOutcome of(
      TriggerRunState state, String reason, ModelVersion version, String figures) {
    return new TriggerOutcome(state, reason, version.version(), figures, version.corpusSha256());
  }
}
