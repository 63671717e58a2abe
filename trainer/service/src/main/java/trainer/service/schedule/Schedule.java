package trainer.service.schedule;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Locale;
import trainer.service.schedule.SchedulePlan.Missed;
import trainer.service.schedule.SchedulePlan.Start;

/**
 * A row of the table of schedules.
 *
 * @param nextAt next instant; stale while paused
 * @param changedBy the caller who created or last changed it
 */
public record Schedule(
    long number,
    SchedulePlan plan,
    boolean paused,
    Instant nextAt,
    String changedBy,
    Instant changedAt) {

  static Schedule of(ResultSet row) throws SQLException {
    return new Schedule(
        row.getLong("number"),
        new SchedulePlan(
            row.getString("name"),
            Cron.of(row.getString("cron"), row.getString("zone")),
            row.getString("configuration"),
            row.getString("model"),
            Start.valueOf(row.getString("begins_with").toUpperCase(Locale.ROOT)),
            row.getBoolean("skip_unchanged"),
            row.getString("held_out"),
            row.getDouble("margin"),
            row.getInt("keep"),
            row.getInt("keep_runs"),
            Missed.valueOf(row.getString("missed").toUpperCase(Locale.ROOT)),
            row.getBoolean("allow_overlap"),
            row.getInt("priority")),
        row.getBoolean("paused"),
        Instant.ofEpochMilli(row.getLong("next_at")),
        row.getString("changed_by"),
        Instant.ofEpochMilli(row.getLong("changed_at")));
  }
}
