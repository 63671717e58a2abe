package trainer.service.database;

/** What the two databases say differently. */
public enum Dialect {
  /** One file, one process. */
  SQLITE("INTEGER PRIMARY KEY AUTOINCREMENT", "CAST(unixepoch('subsec') * 1000 AS INTEGER)", ""),

  /** Shared by the processes of several nodes. */
  POSTGRESQL(
      "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
      "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)",
      " FOR UPDATE SKIP LOCKED");

  private final String identity;
  private final String now;
  private final String skipLocked;

  Dialect(String identity, String now, String skipLocked) {
    this.identity = identity;
    this.now = now;
    this.skipLocked = skipLocked;
  }

  /** The type of a column that numbers the rows. */
  String identity() {
    return identity;
  }

  /** An expression for the database's time, in milliseconds since 1970-01-01 UTC. */
  public String now() {
    return now;
  }

  /**
   * Ends a query for rows that are to be changed: rows that another process is changing are passed
   * over.
   */
  public String skipLocked() {
    return skipLocked;
  }
}
