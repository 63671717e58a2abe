package trainer.service.database;

/** SQL that differs between the databases. */
public enum Dialect {
  /** One file, one process. */
  SQLITE(
      "INTEGER PRIMARY KEY AUTOINCREMENT",
      "CAST(unixepoch('subsec') * 1000 AS INTEGER)",
      "",
      "",
      "SELECT 1", // there is one writer at a time
      """
      CREATE TRIGGER %1$s_are_not_changed BEFORE UPDATE ON %1$s
      BEGIN SELECT RAISE(ABORT, '%1$s are never changed'); END;
      CREATE TRIGGER %1$s_are_not_deleted BEFORE DELETE ON %1$s
      BEGIN SELECT RAISE(ABORT, '%1$s are never deleted'); END;
      """),

  /** Shared by several nodes. */
  POSTGRESQL(
      "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
      "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)",
      " FOR UPDATE SKIP LOCKED",
      " FOR KEY SHARE",
      "SELECT pg_advisory_xact_lock(hashtext('%s'))",
      """
      CREATE FUNCTION refuse_change_of_%1$s() RETURNS trigger AS $$
      BEGIN RAISE EXCEPTION '%1$s are never changed or deleted'; END;
      $$ LANGUAGE plpgsql;
      CREATE TRIGGER %1$s_stay BEFORE UPDATE OR DELETE ON %1$s
      FOR EACH ROW EXECUTE FUNCTION refuse_change_of_%1$s();
      """);

  private static final long LONGEST_MILLISECONDS = 600_000;

  private final String identity;
  private final String now;
  private final String skipLocked;
  private final String keepRows;
  private final String oneByOne;
  private final String appendOnly;

  Dialect(
      String identity,
      String now,
      String skipLocked,
      String keepRows,
      String oneByOne,
      String appendOnly) {
    this.identity = identity;
    this.now = now;
    this.skipLocked = skipLocked;
    this.keepRows = keepRows;
    this.oneByOne = oneByOne;
    this.appendOnly = appendOnly;
  }

  /** Type of an automatic primary key. */
  String identity() {
    return identity;
  }

  /** Statements that make a table append-only. */
  String appendOnly(String table) {
    return appendOnly.formatted(table);
  }

  /** Expression for the current time in milliseconds since 1970-01-01 UTC. */
  public String now() {
    return now;
  }

  /** Suffix of a query for update that skips rows locked by other processes. */
  public String skipLocked() {
    return skipLocked;
  }

  /**
   * Suffix of a query whose rows are not deleted before the transaction ends. It waits for those
   * that are being deleted, and leaves them out.
   */
  public String keepRows() {
    return keepRows;
  }

  /**
   * Condition: the time in a column has passed. No lease and no pause before a retry is longer than
   * {@value #LONGEST_MILLISECONDS} ms; a time that is farther away was set before the clock was set
   * back, and counts as passed.
   */
  public String passed(String column) {
    return "(%1$s <= %2$s OR %1$s > %2$s + %3$d)".formatted(column, now, LONGEST_MILLISECONDS);
  }

  /**
   * A query that serializes transactions: each waits for the previous one and sees its changes.
   *
   * @param name of the lock, without quotes
   */
  public String oneByOne(String name) {
    return oneByOne.formatted(name);
  }
}
