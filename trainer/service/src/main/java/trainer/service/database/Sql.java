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
import java.util.regex.Pattern;

/** A statement and its parameters, in order. */
public record Sql(String text, List<Object> parameters) {
  private static final Pattern UNSTORABLE = Pattern.compile("[\\x00\\p{Cs}]");

  /** Maps the current row to an object. */
  @FunctionalInterface
  public interface RowMapper<T> {
    T row(ResultSet row) throws SQLException;
  }

  /**
   * A statement.
   *
   * @param parameters text, numbers, booleans or null; executing it throws {@link
   *     UnstorableTextException} for text that only one of the databases would store
   */
  public static Sql of(String text, Object... parameters) {
    return new Sql(text, Arrays.asList(parameters));
  }

  /**
   * The database's time in milliseconds since 1970-01-01 UTC.
   *
   * @param now {@link Dialect#now}
   */
  public static long time(Connection connection, String now) throws SQLException {
    return of("SELECT " + now).first(connection, row -> row.getLong(1)).orElseThrow();
  }

  /** Executes an update; returns the number of rows. */
  public int update(Connection connection) throws SQLException {
    try (PreparedStatement statement = prepare(connection)) {
      return statement.executeUpdate();
    }
  }

  /** All rows of a query or of RETURNING. */
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

  /** The first row, if any. */
  public <T> Optional<T> first(Connection connection, RowMapper<T> mapper) throws SQLException {
    List<T> found = list(connection, mapper);
    return found.isEmpty() ? Optional.empty() : Optional.of(found.get(0));
  }

  /** The text with U+FFFD in place of what a database cannot store; null stays null. */
  public static String storable(String text) {
    return text == null ? null : UNSTORABLE.matcher(text).replaceAll("\uFFFD");
  }

  /** A nullable time from a column of milliseconds. */
  public static Instant instant(ResultSet row, String column) throws SQLException {
    long milliseconds = row.getLong(column);
    return row.wasNull() ? null : Instant.ofEpochMilli(milliseconds);
  }

  /** A nullable integer. */
  public static Integer integer(ResultSet row, String column) throws SQLException {
    int value = row.getInt(column);
    return row.wasNull() ? null : value;
  }

  /** A nullable number. */
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
        } else if (value instanceof String word && UNSTORABLE.matcher(word).find()) {
          throw new UnstorableTextException(word);
        } else {
          statement.setObject(i + 1, value);
        }
      }
      return statement;
    } catch (SQLException | UnstorableTextException e) {
      statement.close();
      throw e;
    }
  }
}
