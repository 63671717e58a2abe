package trainer.service.database;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.io.File;
import java.io.IOException;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.flywaydb.core.Flyway;
import trainer.service.PrivateFiles;

/**
 * The database of the service. SQLite has one file, one process and one writer at a time, and
 * commits are durable (write-ahead log, {@code synchronous=FULL}); PostgreSQL is shared by several
 * nodes. Opening it creates or migrates the tables.
 */
public final class Database implements AutoCloseable {
  private static final String SQLITE = "jdbc:sqlite:";
  private static final String POSTGRESQL = "jdbc:postgresql:";
  private static final int CONNECTIONS = 8;
  private static final long CONNECT_MILLISECONDS = 10_000;
  private static final long BUSY_MILLISECONDS = 10_000;

  // A server that vanished never answers, and a worker that waits for it stops no run.
  private static final String ANSWER_SECONDS = "60";

  private final String url;
  private final Dialect dialect;
  private final HikariDataSource connections;
  private final DatabaseLock lock; // null for PostgreSQL
  private final ReentrantLock writer = new ReentrantLock(true);

  /** Statements of one transaction. */
  @FunctionalInterface
  public interface Work<T> {
    /** Runs on a connection that the caller opens, commits and closes. */
    T on(Connection connection) throws SQLException;
  }

  private Database(String url, Dialect dialect, HikariDataSource connections, DatabaseLock lock) {
    this.url = url;
    this.dialect = dialect;
    this.connections = connections;
    this.lock = lock;
  }

  /**
   * Opens a database and migrates its tables.
   *
   * @param url {@code jdbc:sqlite:FILE} or {@code jdbc:postgresql://HOST/NAME?user=…}
   * @throws DatabaseException if it is unusable; the message hides a password in the URL
   */
  public static Database open(String url) {
    if (url.startsWith(SQLITE)) {
      String file = url.substring(SQLITE.length());
      if (file.isEmpty() || file.startsWith(":") || file.contains("?")) {
        throw new DatabaseException(
            "--database %s: must name a file, such as jdbc:sqlite:models/service.db"
                .formatted(url));
      }
      DatabaseLock lock = DatabaseLock.take(Path.of(file));
      try {
        protect(file);
        return open(url, Dialect.SQLITE, lock);
      } catch (RuntimeException e) {
        lock.close();
        throw e;
      }
    }
    if (url.startsWith(POSTGRESQL) && url.matches("[^?]*@.*")) {
      throw new DatabaseException(
          "--database %s: user and password are parameters: jdbc:postgresql://HOST/NAME?user=…&password=…"
              .formatted(hidden(url)));
    }
    if (url.startsWith(POSTGRESQL)) {
      return open(url, Dialect.POSTGRESQL, null);
    }
    throw new DatabaseException(
        "--database %s: must be jdbc:sqlite:FILE or jdbc:postgresql://HOST/NAME"
            .formatted(hidden(url)));
  }

  /**
   * It holds the secrets of webhooks. SQLite gives its other files the permissions of the first.
   */
  private static void protect(String file) {
    try {
      PrivateFiles.SECRET.create(Path.of(file));
      for (String more : List.of("-wal", "-shm", "-journal")) {
        PrivateFiles.SECRET.restrict(Path.of(file + more));
      }
    } catch (IOException e) {
      throw new DatabaseException("%s: %s".formatted(file, e.getMessage()), e);
    }
  }

  private static Database open(String url, Dialect dialect, DatabaseLock lock) {
    HikariConfig configuration = new HikariConfig();
    configuration.setJdbcUrl(dialect == Dialect.SQLITE ? withoutSharedMemory(url) : url);
    configuration.setPoolName("database");
    configuration.setMaximumPoolSize(CONNECTIONS);
    configuration.setMinimumIdle(1); // more are opened when they are needed
    configuration.setConnectionTimeout(CONNECT_MILLISECONDS);
    if (dialect == Dialect.SQLITE) {
      Map.of(
              "journal_mode", "WAL",
              "synchronous", "FULL",
              "foreign_keys", "ON",
              "busy_timeout", Long.toString(BUSY_MILLISECONDS),
              "transaction_mode", "IMMEDIATE")
          .forEach(configuration::addDataSourceProperty);
    } else {
      configuration.addDataSourceProperty("logServerErrorDetail", "false"); // would show rows
      configuration.addDataSourceProperty("socketTimeout", ANSWER_SECONDS);
    }
    HikariDataSource connections = null;
    try {
      connections = new HikariDataSource(configuration);
      migrate(connections, dialect);
      return new Database(url, dialect, connections, lock);
    } catch (SQLException | RuntimeException e) { // also a URL that no driver accepts
      if (connections != null) {
        connections.close();
      }
      throw new DatabaseException(
          "%s: cannot be used (%s): check that it exists, is writable and not used by another program, and that its version is not newer than this program"
              .formatted(hidden(url), hidden(reason(e))),
          e);
    }
  }

  /**
   * The index of the write-ahead log is in this process instead of a mapped file: where a full disk
   * has no block for a page of it (btrfs, small blocks), the write kills the process. Other
   * processes are kept away. Not for Windows.
   */
  private static String withoutSharedMemory(String url) {
    String file = url.substring(SQLITE.length());
    return File.separatorChar == '/'
        ? SQLITE + Path.of(file).toAbsolutePath().toUri() + "?vfs=unix-excl"
        : url;
  }

  /**
   * In one transaction, with its record: where Flyway opens connections itself, PostgreSQL commits
   * the tables first, and a service that dies in between never starts again.
   */
  private static void migrate(HikariDataSource connections, Dialect dialect) throws SQLException {
    try (Connection connection = connections.getConnection()) {
      if (dialect == Dialect.POSTGRESQL) {
        connection.setNetworkTimeout(Runnable::run, 0); // large tables take their time
      }
      connection.setAutoCommit(false);
      Sql.of(dialect.oneByOne("migration")).first(connection, row -> true);
      Flyway.configure()
          .dataSource(SharedConnection.of(connection))
          .locations("classpath:trainer/service/database")
          .placeholders(
              Map.of(
                  "identity", dialect.identity(),
                  "append_only_promotions", dialect.appendOnly("promotions")))
          .load()
          .migrate();
      Sql.of(
              "INSERT INTO database_id (id) SELECT ? WHERE NOT EXISTS (SELECT 1 FROM database_id)",
              UUID.randomUUID().toString())
          .update(connection);
      connection.setAutoCommit(true); // commits
    }
  }

  /** SQLite or PostgreSQL. */
  public Dialect dialect() {
    return dialect;
  }

  /** Unlike that of every other database. */
  public String id() {
    return read(
        connection ->
            Sql.of("SELECT id FROM database_id")
                .first(connection, row -> row.getString(1))
                .orElseThrow());
  }

  /**
   * Reads; each statement sees the data committed at its start.
   *
   * @throws DatabaseException if the database fails
   */
  public <T> T read(Work<T> work) {
    try (Connection connection = connections.getConnection()) {
      return work.on(connection);
    } catch (SQLException e) {
      throw failed(e);
    }
  }

  /**
   * Runs a transaction; durable when it returns.
   *
   * @throws DatabaseException if the database fails; nothing has changed, unless the connection
   *     broke during the commit
   */
  public <T> T write(Work<T> work) {
    if (dialect == Dialect.POSTGRESQL) {
      return transaction(work);
    }
    awaitTurn();
    try {
      return transaction(work);
    } finally {
      writer.unlock();
    }
  }

  private <T> T transaction(Work<T> work) {
    try (Connection connection = connections.getConnection()) {
      try {
        connection.setAutoCommit(false);
        T result = work.on(connection);
        // Commits. SQLite's commit() also begins another transaction, which may fail.
        connection.setAutoCommit(true);
        return result;
      } catch (SQLException | RuntimeException | Error e) {
        undo(connection);
        throw e;
      }
    } catch (SQLException e) {
      throw failed(e);
    }
  }

  /** Ends a failed transaction. A connection whose state is unknown is not used again. */
  private void undo(Connection connection) {
    try {
      connection.rollback();
      connection.setAutoCommit(true);
    } catch (SQLException e) {
      connections.evictConnection(connection);
    }
  }

  private void awaitTurn() {
    try {
      if (!writer.tryLock(BUSY_MILLISECONDS, TimeUnit.MILLISECONDS)) {
        throw new DatabaseException(
            "%s: busy for %d ms: another program may hold its lock"
                .formatted(url, BUSY_MILLISECONDS));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new DatabaseException(url + ": interrupted while it waited", e);
    }
  }

  private DatabaseException failed(SQLException e) {
    return new DatabaseException(
        "%s: %s: check that it is running and has space".formatted(hidden(url), e.getMessage()), e);
  }

  private static String reason(Throwable e) {
    Throwable cause = e;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    if (cause instanceof UnknownHostException) { // its message is only the host
      return "unknown host %s".formatted(cause.getMessage());
    }
    return String.valueOf(cause.getMessage()).lines().findFirst().orElse("unknown").strip();
  }

  /** Without passwords: as parameters, or between a user and the last {@code @}. */
  private static String hidden(String text) {
    return text.replaceAll("(?i)(password=)[^&\\s]*", "$1…")
        .replaceAll("(//[^?:]*:)[^?]*@", "$1…@");
  }

  @Override
  public void close() {
    connections.close();
    if (lock != null) {
      lock.close();
    }
  }
}
