package trainer.service.database;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.util.Set;
import javax.sql.DataSource;

/**
 * A data source with one connection, in a transaction of its owner: whoever uses it can neither end
 * the transaction nor close the connection.
 */
final class SharedConnection {
  private static final Set<String> IGNORED =
      Set.of("setAutoCommit", "commit", "rollback", "close", "setReadOnly");

  private SharedConnection() {}

  static DataSource of(Connection connection) {
    ClassLoader loader = SharedConnection.class.getClassLoader();
    Object shared =
        Proxy.newProxyInstance(
            loader,
            new Class<?>[] {Connection.class},
            (proxy, method, values) ->
                IGNORED.contains(method.getName()) ? null : call(connection, method, values));
    return (DataSource)
        Proxy.newProxyInstance(
            loader,
            new Class<?>[] {DataSource.class},
            (proxy, method, values) ->
                switch (method.getName()) {
                  case "getConnection" -> shared;
                  case "toString" -> "the connection of a migration";
                  default -> throw new UnsupportedOperationException(method.getName());
                });
  }

  private static Object call(Connection connection, Method method, Object[] values)
      throws Throwable {
    try {
      return method.invoke(connection, values);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }
}
