package trainer.service.registry;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import trainer.config.Configuration;
import trainer.run.RunDirectory;
import trainer.service.database.Database;
import trainer.service.database.Sql;

/**
 * The models, their versions and files. Reading an alias is atomic: a promotion changes one row,
 * and the files of a version never change.
 */
public final class Registry {
  /** Regular expression of a model's name. */
  public static final String NAME_FORM = Configuration.NAME_FORM;

  private static final Logger LOG = LoggerFactory.getLogger(Registry.class);

  private final Database database;
  private final RegistryFiles files;
  private final String now;

  public Registry(Database database, RegistryFiles files) {
    this.database = database;
    this.files = files;
    this.now = database.dialect().now();
  }

  /** A model; champion and challenger may be null. */
  public record Model(String name, int versions, ModelVersion champion, ModelVersion challenger) {}

  /**
   * Registers the best checkpoint of a run as the newest version and the challenger. Registering
   * the same file of the same run again restores deleted or damaged files.
   *
   * @param trained directory of the run
   * @param run id
   * @throws RegistryException if the run has no model
   */
  public ModelVersion register(String model, RunDirectory trained, String run, String by) {
    try (RegistryFiles.Staged staged = files.stage(model, trained)) {
      database
          .read(connection -> registered(connection, model, staged, run))
          .filter(before -> before.deletedAt() == null)
          .ifPresent(this::check);
      return database.write(connection -> register(connection, model, staged, run, by));
    }
  }

  private ModelVersion register(
      Connection connection, String model, RegistryFiles.Staged staged, String run, String by)
      throws SQLException {
    Sql.of(
            "INSERT INTO models (name, versions, created_at) VALUES (?, 0, %s) ON CONFLICT DO NOTHING"
                .formatted(now),
            model)
        .update(connection);
    long number = RegistryTables.lock(connection, model);
    ModelVersion before = registered(connection, model, staged, run).orElse(null);
    if (before != null && before.deletedAt() == null) {
      if (!files.wasChecked(before)) {
        staged.become(files.directory(model, before.version()));
        LOG.info("{}: restored from its run {}", before.reference(), run);
      }
      return before;
    }
    int version =
        before == null
            ? insert(connection, number, staged, run, by)
            : restore(connection, number, before);
    RegistryTables.point(connection, number, Alias.CHALLENGER, version);
    staged.become(files.directory(model, version));
    return RegistryTables.find(connection, model, version);
  }

  /** The version with the same file of the same run. */
  private static Optional<ModelVersion> registered(
      Connection connection, String model, RegistryFiles.Staged staged, String run)
      throws SQLException {
    return Sql.of(
            ModelVersion.SELECT + " WHERE m.name = ? AND v.run = ? AND v.sha256 = ?",
            model,
            run,
            staged.sha256())
        .first(connection, ModelVersion::of);
  }

  /** Before the transaction, as a large file takes long to read. */
  private void check(ModelVersion version) {
    try {
      files.check(version);
    } catch (RegistryException e) {
      LOG.warn("{}", e.getMessage());
    }
  }

  private int insert(
      Connection connection, long model, RegistryFiles.Staged staged, String run, String by)
      throws SQLException {
    int version =
        Sql.of(
                "UPDATE models SET versions = versions + 1 WHERE number = ? RETURNING versions",
                model)
            .first(connection, row -> row.getInt(1))
            .orElseThrow();
    Sql.of(
            ("INSERT INTO model_versions (model, version, run, sha256, bytes, corpus_sha256,"
                    + " iteration, validation_loss, registered_by, registered_at)"
                    + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, %s)")
                .formatted(now),
            model,
            version,
            run,
            staged.sha256(),
            staged.bytes(),
            staged.corpusSha256(),
            staged.iteration(),
            staged.validationLoss(),
            by)
        .update(connection);
    return version;
  }

  /** The version keeps its number. */
  private static int restore(Connection connection, long model, ModelVersion version)
      throws SQLException {
    Sql.of(
            "UPDATE model_versions SET deleted_at = NULL WHERE model = ? AND version = ?",
            model,
            version.version())
        .update(connection);
    return version.version();
  }

  /**
   * Finds a version.
   *
   * @param which a number, {@code champion} or {@code challenger}
   * @throws RegistryException if there is none
   */
  public ModelVersion version(String model, String which) {
    Optional<Alias> alias = Alias.ofWord(which);
    if (alias.isEmpty() && !which.matches("[1-9][0-9]{0,8}")) {
      throw RegistryException.missing(
          "'%s' is not a version: use a number, champion or challenger".formatted(which));
    }
    return database.read(
        connection -> {
          if (alias.isEmpty()) {
            return RegistryTables.find(connection, model, Integer.parseInt(which));
          }
          Optional<ModelVersion> found = RegistryTables.find(connection, model, alias.get());
          if (found.isEmpty()) {
            throw RegistryTables.missing(connection, model, which);
          }
          return found.get();
        });
  }

  /**
   * Keeps the files of a version until a transaction ends.
   *
   * @param reference {@code NAME@VERSION}
   * @throws RegistryException if they were deleted since the version was chosen
   */
  public static void hold(Connection connection, String reference) throws SQLException {
    int at = reference.lastIndexOf('@');
    String model = reference.substring(0, at);
    RegistryTables.lock(connection, model);
    RegistryTables.find(connection, model, Integer.parseInt(reference.substring(at + 1)))
        .checkFiles();
  }

  public Optional<ModelVersion> find(String model, Alias alias) {
    return database.read(connection -> RegistryTables.find(connection, model, alias));
  }

  /** All models by name. */
  public List<Model> models() {
    return database.read(connection -> models(connection, " WHERE m.deleted_at IS NULL"));
  }

  /** A model by name. */
  public Optional<Model> model(String name) {
    return database.read(connection -> models(connection, " WHERE m.name = ?", name)).stream()
        .findFirst();
  }

  private static List<Model> models(Connection connection, String where, Object... parameters)
      throws SQLException {
    Map<String, List<ModelVersion>> aliased =
        Sql.of(
                ModelVersion.SELECT
                    + " JOIN model_aliases n ON n.model = v.model AND n.version = v.version"
                    + where,
                parameters)
            .list(connection, ModelVersion::of)
            .stream()
            .collect(Collectors.groupingBy(ModelVersion::model));
    return Sql.of(
            "SELECT m.name, m.versions FROM models m%s ORDER BY m.name".formatted(where),
            parameters)
        .list(
            connection,
            row -> {
              String name = row.getString("name");
              List<ModelVersion> pointedAt = aliased.getOrDefault(name, List.of());
              return new Model(
                  name,
                  row.getInt("versions"),
                  first(pointedAt, ModelVersion::champion),
                  first(pointedAt, ModelVersion::challenger));
            });
  }

  private static ModelVersion first(List<ModelVersion> versions, Predicate<ModelVersion> wanted) {
    return versions.stream().filter(wanted).findFirst().orElse(null);
  }

  /** Versions of a model, newest first. */
  public List<ModelVersion> versions(String model, int limit) {
    return database.read(
        connection ->
            Sql.of(
                    ModelVersion.SELECT + " WHERE m.name = ? ORDER BY v.version DESC LIMIT ?",
                    model,
                    limit)
                .list(connection, ModelVersion::of));
  }

  /** The runs of the champion and the previous one, from which damaged files are restored. */
  public Set<String> runsOfChampions(String model) {
    return database.read(
        connection -> {
          Set<String> runs = new HashSet<>();
          for (int version : Champions.newest(connection, model)) {
            runs.add(RegistryTables.find(connection, model, version).run());
          }
          return runs;
        });
  }

  /**
   * The files of a version, checked.
   *
   * @throws RegistryException if they were deleted or are damaged
   */
  public RunDirectory checked(ModelVersion version) {
    RunDirectory directory = directory(version);
    files.check(version);
    return directory;
  }

  /** Whether {@link #checked} needs to read the file of a version again. */
  public boolean needsCheck(ModelVersion version) {
    return !files.wasChecked(version);
  }

  /**
   * The files of a version.
   *
   * @throws RegistryException if they were deleted
   */
  public RunDirectory directory(ModelVersion version) {
    version.checkFiles();
    return files.directory(version.model(), version.version());
  }
}
