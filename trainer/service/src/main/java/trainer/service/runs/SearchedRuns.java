package trainer.service.runs;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import trainer.service.database.Database;
import trainer.service.database.Sql;

/** What runs are searched by, kept in the database. */
public final class SearchedRuns {
  private static final int AT_A_TIME = 500;

  private final Database database;

  public SearchedRuns(Database database) {
    this.database = database;
  }

  /**
   * What a run is searched by besides its row.
   *
   * @param settings its configuration, a line {@code KEY: VALUE} for every key
   * @param attempt that the figures are of, which has ended; 0: none
   * @param figures lines likewise
   */
  public record Searched(String settings, int attempt, String figures) {
    /** Whether nothing of a run is missing. The figures of an active run change. */
    public boolean isComplete(Run run) {
      return attempt == run.attempt() || !run.state().isFinal();
    }
  }

  /** What is kept of these runs, by number; nothing of those that have not been kept yet. */
  public Map<Long, Searched> find(List<Long> numbers) {
    Map<Long, Searched> found = new HashMap<>();
    for (int start = 0; start < numbers.size(); start += AT_A_TIME) {
      String some =
          numbers.subList(start, Math.min(numbers.size(), start + AT_A_TIME)).stream()
              .map(String::valueOf)
              .collect(Collectors.joining(", "));
      database.read(
          connection ->
              Sql.of("SELECT * FROM searched_runs WHERE run IN (%s)".formatted(some))
                  .list(
                      connection,
                      row ->
                          found.put(
                              row.getLong("run"),
                              new Searched(
                                  row.getString("settings"),
                                  row.getInt("attempt"),
                                  row.getString("figures")))));
    }
    return found;
  }

  /** Runs that are not kept, or ended since they were, oldest first. */
  public List<Run> missing(int limit) {
    String kept =
        "SELECT 1 FROM searched_runs WHERE run = number"
            + " AND (searched_runs.attempt = runs.attempt OR state IN ('queued', 'running'))";
    return database.read(
        connection ->
            Sql.of(
                    "SELECT %s FROM runs WHERE NOT EXISTS (%s) ORDER BY number LIMIT ?"
                        .formatted(Run.COLUMNS, kept),
                    limit)
                .list(connection, Run::of));
  }

  /** Keeps these runs, by number; those that were deleted meanwhile are left out. */
  public void keep(Map<Long, Searched> runs) {
    database.write(
        connection -> {
          for (Map.Entry<Long, Searched> each : runs.entrySet()) {
            keep(connection, each.getKey(), each.getValue());
          }
          return null;
        });
  }

  private static void keep(Connection connection, long number, Searched searched)
      throws SQLException {
    Sql.of(
            "INSERT INTO searched_runs (run, settings, attempt, figures)"
                + " SELECT number, ?, ?, ? FROM runs WHERE number = ?"
                + " ON CONFLICT (run) DO UPDATE SET attempt = EXCLUDED.attempt,"
                + " figures = EXCLUDED.figures",
            Sql.storable(searched.settings()),
            searched.attempt(),
            searched.figures(),
            number)
        .update(connection);
  }
}
