package trainer.service.database;

/** What the two databases say differently. */
public enum Dialect {
  /** One file, one process. */
  SQLITE(
      "INTEGER PRIMARY KEY AUTOINCREMENT",
      "CAST(unixepoch('subsec') * 1000 AS INTEGER)",
      "",
      "SELECT 1", // there is one writer at a time
      """
      CREATE TRIGGER %1$s_are_not_changed BEFORE UPDATE ON %1$s
      BEGIN SELECT RAISE(ABORT, '%1$s are never changed'); END;
      CREATE TRIGGER %1$s_are_not_deleted BEFORE DELETE ON %1$s
      BEGIN SELECT RAISE(ABORT, '%1$s are never deleted'); END;
      """),

  /** Shared by the processes of several nodes. */
  POSTGRESQL(
      "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
      "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)",
      " FOR UPDATE SKIP LOCKED",
      "SELECT pg_advisory_xact_lock(hashtext('%s'))",
      """
      CREATE FUNCTION refuse_change_of_%1$s() RETURNS trigger AS $$
      BEGIN RAISE EXCEPTION '%1$s are never changed or deleted'; END;
      $$ LANGUAGE plpgsql;
      CREATE TRIGGER %1$s_stay BEFORE UPDATE OR DELETE ON %1$s
      FOR EACH ROW EXECUTE FUNCTION refuse_change_of_%1$s();
      """);

  private final String identity;
  private final String now;
  private final String skipLocked;
  private final String oneByOne;
  private final String appendOnly;

  Dialect(String identity, String now, String skipLocked, String oneByOne, String appendOnly) {
    this.identity = identity;
    this.now = now;
    this.skipLocked = skipLocked;
    this.oneByOne = oneByOne;
    this.appendOnly = appendOnly;
  }

  /** The type of a column that numbers the rows. */
  String identity() {
    return identity;
  }

  /** Statements that make a table refuse every change of its rows. */
  String appendOnly(String table) {
    return appendOnly.formatted(table);
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

  /**
   * A query that transactions pass one by one: each waits for the end of the one before, and sees
   * what that has changed.
   *
   * @param name of what they do, without quotes: those with other names are not waited for
   */
  public String oneByOne(String name) {
    return oneByOne.formatted(name);
  }
}
