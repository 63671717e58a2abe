package trainer.service.database;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** A statement with its parameters, in the order of its question marks. */
public record Sql(String text, List<Object> parameters) {

  /** Makes an object of the row that a cursor stands on. */
  @FunctionalInterface
  public interface RowMapper<T> {
    /** Reads the columns of one row. */
    T row(ResultSet row) throws SQLException;
  }

  /** A statement; parameters are text, numbers, truth values or null. */
  public static Sql of(String text, Object... parameters) {
    return new Sql(text, Arrays.asList(parameters));
  }

  /**
   * The time of the database, in milliseconds since 1970-01-01 UTC.
   *
   * @param now {@link Dialect#now}
   */
  public static long time(Connection connection, String now) throws SQLException {
    return of("SELECT " + now).first(connection, row -> row.getLong(1)).orElseThrow();
  }

  /** Changes rows; returns how many. */
  public int update(Connection connection) throws SQLException {
    try (PreparedStatement statement = prepare(connection)) {
      return statement.executeUpdate();
    }
  }

  /** Reads all rows, or those that a change returns. */
  public <T> List<T> list(Connection connection, RowMapper<T> mapper) throws SQLException {
    try (PreparedStatement statement = prepare(connection);
        ResultSet rows = statement.executeQuery()) {
      List<T> found = new ArrayList<>();
      while (rows.next()) {
        found.add(mapper.row(rows));
      }
      return found;
    }
  }

  /** Reads the first row, if there is one. */
  public <T> Optional<T> first(Connection connection, RowMapper<T> mapper) throws SQLException {
    List<T> found = list(connection, mapper);
    return found.isEmpty() ? Optional.empty() : Optional.of(found.get(0));
  }

  /** The time in a column of milliseconds, or null. */
  public static Instant instant(ResultSet row, String column) throws SQLException {
    long milliseconds = row.getLong(column);
    return row.wasNull() ? null : Instant.ofEpochMilli(milliseconds);
  }

  /** The whole number in a column, or null. */
  public static Integer integer(ResultSet row, String column) throws SQLException {
    int value = row.getInt(column);
    return row.wasNull() ? null : value;
  }

  /** The number in a column, or null. */
  public static Double real(ResultSet row, String column) throws SQLException {
    double value = row.getDouble(column);
    return row.wasNull() ? null : value;
  }

  private PreparedStatement prepare(Connection connection) throws SQLException {
    PreparedStatement statement = connection.prepareStatement(text);
    try {
      for (int i = 0; i < parameters.size(); i++) {
        Object value = parameters.get(i);
        if (value == null) {
          statement.setNull(i + 1, Types.NULL);
        } else {
          statement.setObject(i + 1, value);
        }
      }
      return statement;
    } catch (SQLException e) {
      statement.close();
      throw e;
    }
  }
}
