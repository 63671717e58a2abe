package trainer.service.runs;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Map;
import trainer.service.database.Dialect;
import trainer.service.webhook.Event;
import trainer.service.webhook.Outbox;

/** Webhook events for the end of a run. */
final class RunEnd {
  private RunEnd() {}

  /** Queues the event if the run has ended. */
  static void announce(Connection connection, Dialect dialect, Run run) throws SQLException {
    if (run.state().isFinal()) {
      Map<String, Object> data = new LinkedHashMap<>();
      data.put("id", run.id());
      data.put("name", run.name());
      data.put("state", run.state().word());
      data.put("reason", run.reason());
      data.put("submitted_by", run.submittedBy());
      data.put("attempt", run.attempt());
      Outbox.put(connection, dialect, event(run.state()), data);
    }
  }

  private static Event event(RunState state) {
    return switch (state) {
      case SUCCEEDED -> Event.RUN_SUCCEEDED;
      case FAILED -> Event.RUN_FAILED;
      case CANCELLED -> Event.RUN_CANCELLED;
      case INTERRUPTED -> Event.RUN_INTERRUPTED;
      case QUEUED, RUNNING -> throw new IllegalArgumentException(state + " is not final");
    };
  }
}
