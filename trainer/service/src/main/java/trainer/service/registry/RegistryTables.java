package trainer.service.registry;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import trainer.service.database.Sql;

/** What both versions and decisions need of the tables. */
final class RegistryTables {
  private RegistryTables() {}

  /** Makes others who would change a model wait; returns its number. */
  static long lock(Connection connection, String model) throws SQLException {
    return Sql.of("UPDATE models SET versions = versions WHERE name = ? RETURNING number", model)
        .first(connection, row -> row.getLong(1))
        .orElseThrow(() -> noModel(model));
  }

  private static RegistryException noModel(String model) {
    return RegistryException.missing(
        "there is no model '%s': register a run as its first version".formatted(model));
  }

  /** Lets an alias point at a version. */
  static void point(Connection connection, long model, Alias alias, int version)
      throws SQLException {
    Sql.of(
            "INSERT INTO model_aliases (model, alias, version) VALUES (?, ?, ?)"
                + " ON CONFLICT (model, alias) DO UPDATE SET version = excluded.version",
            model,
            alias.word(),
            version)
        .update(connection);
  }

  /** The version of a number. */
  static ModelVersion find(Connection connection, String model, int version) throws SQLException {
    return Sql.of(ModelVersion.SELECT + " WHERE m.name = ? AND v.version = ?", model, version)
        .first(connection, ModelVersion::of)
        .orElseThrow(
            () -> RegistryException.missing("%s has no version %d".formatted(model, version)));
  }

  /** The same, if it has its files. */
  static ModelVersion usable(Connection connection, String model, int version) throws SQLException {
    ModelVersion found = find(connection, model, version);
    found.checkFiles();
    return found;
  }

  /** The version that an alias points at: one statement, which sees both at one moment. */
  static Optional<ModelVersion> find(Connection connection, String model, Alias alias)
      throws SQLException {
    return Sql.of(
            ModelVersion.SELECT
                + " JOIN model_aliases n ON n.model = v.model AND n.version = v.version"
                + " WHERE m.name = ? AND n.alias = ?",
            model,
            alias.word())
        .first(connection, ModelVersion::of);
  }
}
