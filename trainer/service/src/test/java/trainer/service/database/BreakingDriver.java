package trainer.service.database;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.DriverManager;
import java.sql.DriverPropertyInfo;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.logging.Logger;
import org.sqlite.SQLiteConnection;

/**
 * The JDBC drivers of this process, with one statement that fails. Statements are those that are
 * executed, and the begin and commit of transactions.
 */
public final class BreakingDriver implements Driver {
  private static final Set<String> TRANSACTION = Set.of("setAutoCommit", "commit", "rollback");
  private static final Set<String> EXECUTION = Set.of("execute", "executeQuery", "executeUpdate");

  private static final Set<String> WRITERS = new TreeSet<>();

  private static int left; // statements until one fails; 0: none does
  private static How how;

  private final Driver driver;

  /** How a statement fails. */
  public enum How {
    /** It is not executed: the database is busy, or the disk full. */
    BEFORE,
    /** It is executed, and its answer lost. */
    AFTER,
    /** It is not executed, and the connection is lost. */
    CUT,
    /** It is not executed: Java lacks memory. */
    OUT_OF_MEMORY
  }

  private BreakingDriver(Driver driver) {
    this.driver = driver;
  }

  /** Replaces the drivers of databases that are opened from now on. */
  public static synchronized void install() throws SQLException {
    for (Driver driver : DriverManager.drivers().toList()) {
      if (!(driver instanceof BreakingDriver)) {
        DriverManager.deregisterDriver(driver);
        DriverManager.registerDriver(new BreakingDriver(driver));
      }
    }
  }

  /** Lets a statement fail, once. */
  public static synchronized void breakStatement(int number, How way) {
    left = number;
    how = way;
  }

  /** Whether the statement has failed. */
  public static synchronized boolean hasBroken() {
    return left == 0;
  }

  /** Lets no statement fail; returns whether one has. */
  public static synchronized boolean mend() {
    boolean broken = left == 0;
    left = 0;
    return broken;
  }

  /** The lines that have called {@link Database#write}, as {@code FILE:LINE}. */
  public static synchronized Set<String> writers() {
    return Set.copyOf(WRITERS);
  }

  private static synchronized void noteWriter() {
    StackWalker.getInstance()
        .walk(
            frames ->
                frames
                    .dropWhile(frame -> !frame.getClassName().equals(Database.class.getName()))
                    .dropWhile(frame -> frame.getClassName().equals(Database.class.getName()))
                    .findFirst())
        .ifPresent(frame -> WRITERS.add(frame.getFileName() + ":" + frame.getLineNumber()));
  }

  private static synchronized How next() {
    if (left > 0) {
      left--;
      return left == 0 ? how : null;
    }
    return null;
  }

  /** A call that may fail. */
  private interface Call {
    Object make() throws Throwable;
  }

  private static Object breakable(Connection connection, String method, Object[] values, Call call)
      throws Throwable {
    if (method.equals("setAutoCommit")) { // a write begins
      noteWriter();
    }
    How way = next();
    if (way == null) {
      return call.make();
    }
    switch (way) {
      case BEFORE -> {
        if (method.equals("setAutoCommit") && connection.isWrapperFor(SQLiteConnection.class)) {
          // As the driver does when BEGIN or COMMIT fails.
          connection
              .unwrap(SQLiteConnection.class)
              .getConnectionConfig()
              .setAutoCommit((Boolean) values[0]);
        }
      }
      case AFTER -> call.make();
      case CUT -> connection.close();
      case OUT_OF_MEMORY -> throw new OutOfMemoryError("broken by the test: " + method);
    }
    throw new SQLException("broken by the test: " + method, way == How.CUT ? "08006" : "HY000");
  }

  private static <T> T proxy(
      Class<T> type, T target, Set<String> breakable, Connection connection) {
    return type.cast(
        Proxy.newProxyInstance(
            BreakingDriver.class.getClassLoader(),
            new Class<?>[] {type},
            (self, method, values) -> {
              Call call =
                  () -> {
                    try {
                      return method.invoke(target, values);
                    } catch (InvocationTargetException e) {
                      throw e.getCause();
                    }
                  };
              Object result =
                  breakable.contains(method.getName())
                      ? breakable(connection, method.getName(), values, call)
                      : call.make();
              return result instanceof PreparedStatement statement
                  ? proxy(PreparedStatement.class, statement, EXECUTION, connection)
                  : result;
            }));
  }

  @Override
  public Connection connect(String url, Properties properties) throws SQLException {
    Connection connection = driver.connect(url, properties);
    return connection == null ? null : proxy(Connection.class, connection, TRANSACTION, connection);
  }

  @Override
  public boolean acceptsURL(String url) throws SQLException {
    return driver.acceptsURL(url);
  }

  @Override
  public DriverPropertyInfo[] getPropertyInfo(String url, Properties properties)
      throws SQLException {
    return driver.getPropertyInfo(url, properties);
  }

  @Override
  public int getMajorVersion() {
    return driver.getMajorVersion();
  }

  @Override
  public int getMinorVersion() {
    return driver.getMinorVersion();
  }

  @Override
  public boolean jdbcCompliant() {
    return driver.jdbcCompliant();
  }

  @Override
  public Logger getParentLogger() {
    return Logger.getGlobal();
  }
}
