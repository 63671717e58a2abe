package trainer.service.schedule;

import trainer.service.database.Sql;

/**
 * How a trigger run ended.
 *
 * @param version registered by it, or null
 * @param figures of the evaluation as a JSON object, or null
 */
record TriggerOutcome(TriggerRunState state, String reason, Integer version, String figures) {
  TriggerOutcome {
    reason = Sql.storable(reason); // may quote what a program printed
  }

  static TriggerOutcome skipped(String reason) {
    return new TriggerOutcome(TriggerRunState.SKIPPED, reason, null, null);
  }

  static TriggerOutcome failed(String reason, Integer version) {
    return new TriggerOutcome(TriggerRunState.FAILED, reason, version, null);
  }

  static TriggerOutcome promoted(String reason, int version, String figures) {
    return new TriggerOutcome(TriggerRunState.PROMOTED, reason, version, figures);
  }

  static TriggerOutcome kept(String reason, int version, String figures) {
    return new TriggerOutcome(TriggerRunState.KEPT, reason, version, figures);
  }
}
