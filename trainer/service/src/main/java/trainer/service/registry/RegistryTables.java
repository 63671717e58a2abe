package trainer.service.registry;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import trainer.service.database.Sql;

/** Statements shared by {@link Registry} and {@link Champions}. */
final class RegistryTables {
  private RegistryTables() {}

  /** Locks a model against concurrent changes; returns its number. */
  static long lock(Connection connection, String model) throws SQLException {
    return Sql.of("UPDATE models SET versions = versions WHERE name = ? RETURNING number", model)
        .first(connection, row -> row.getLong(1))
        .orElseThrow(() -> noModel(model));
  }

  private static RegistryException noModel(String model) {
    return RegistryException.missing(
        "there is no model '%s': register a run as its first version".formatted(model));
  }

  /** Points an alias at a version. */
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

  static ModelVersion find(Connection connection, String model, int version) throws SQLException {
    Optional<ModelVersion> found =
        Sql.of(ModelVersion.SELECT + " WHERE m.name = ? AND v.version = ?", model, version)
            .first(connection, ModelVersion::of);
    if (found.isEmpty()) {
      throw missing(connection, model, "version " + version);
    }
    return found.get();
  }

  /** That a model has no such version, or that there is no such model. */
  static RegistryException missing(Connection connection, String model, String what)
      throws SQLException {
    return Sql.of("SELECT 1 FROM models WHERE name = ? AND deleted_at IS NULL", model)
        .first(connection, row -> RegistryException.missing("%s has no %s".formatted(model, what)))
        .orElseGet(() -> noModel(model));
  }

  /** The version of an alias, in one statement, so the read is consistent. */
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
