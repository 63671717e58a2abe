package trainer.service.registry;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import trainer.config.Configuration;
import trainer.run.RunDirectory;
import trainer.service.database.Database;
import trainer.service.database.Sql;
import trainer.service.registry.Promotion.Kind;
import trainer.service.webhook.Event;
import trainer.service.webhook.Outbox;

/**
 * Models with their versions. What a reader is given for an alias is one version, whole: a
 * promotion changes one row of the database, and the files of a version never change.
 */
public final class Registry {
  /** Form of a model's name, as a regular expression. */
  public static final String NAME_FORM = Configuration.NAME_FORM;

  private static final Logger LOG = LoggerFactory.getLogger(Registry.class);
  private static final int GOES_BACK_TO = 2; // of the champions, the newest two: now and before

  private final Database database;
  private final RegistryFiles files;
  private final String now;

  /** The registry in a database. */
  public Registry(Database database, RegistryFiles files) {
    this.database = database;
    this.files = files;
    this.now = database.dialect().now();
  }

  /** A model, its champion and challenger null where there is none. */
  public record Model(String name, int versions, ModelVersion champion, ModelVersion challenger) {}

  /**
   * Makes the best checkpoint of a run the newest version of a model, and its challenger. The same
   * file of the same run is registered once.
   *
   * @param trained what the run left
   * @param run its id
   * @throws RegistryException if the run left no model
   */
  public ModelVersion register(String model, RunDirectory trained, String run, String by) {
    try (RegistryFiles.Staged staged = files.stage(model, trained)) {
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
    long number = lock(connection, model);
    Optional<ModelVersion> before =
        Sql.of(
                ModelVersion.SELECT
                    + " WHERE v.model = ? AND v.run = ? AND v.sha256 = ? AND v.deleted_at IS NULL",
                number,
                run,
                staged.sha256())
            .first(connection, ModelVersion::of);
    if (before.isPresent()) {
      return before.get();
    }
    int version =
        Sql.of(
                "UPDATE models SET versions = versions + 1 WHERE number = ? RETURNING versions",
                number)
            .first(connection, row -> row.getInt(1))
            .orElseThrow();
    Sql.of(
            ("INSERT INTO model_versions (model, version, run, sha256, bytes, corpus_sha256,"
                    + " iteration, validation_loss, registered_by, registered_at)"
                    + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, %s)")
                .formatted(now),
            number,
            version,
            run,
            staged.sha256(),
            staged.bytes(),
            staged.corpusSha256(),
            staged.iteration(),
            staged.validationLoss(),
            by)
        .update(connection);
    point(connection, number, Alias.CHALLENGER, version);
    staged.become(files.directory(model, version));
    return find(connection, model, version);
  }

  /** Makes others who would change a model wait; returns its number. */
  private static long lock(Connection connection, String model) throws SQLException {
    return Sql.of("UPDATE models SET versions = versions WHERE name = ? RETURNING number", model)
        .first(connection, row -> row.getLong(1))
        .orElseThrow(() -> noModel(model));
  }

  private static void point(Connection connection, long model, Alias alias, int version)
      throws SQLException {
    Sql.of(
            "INSERT INTO model_aliases (model, alias, version) VALUES (?, ?, ?)"
                + " ON CONFLICT (model, alias) DO UPDATE SET version = excluded.version",
            model,
            alias.word(),
            version)
        .update(connection);
  }

  private static RegistryException noModel(String model) {
    return RegistryException.missing(
        "there is no model '%s': register a run as its first version".formatted(model));
  }

  private static Optional<Integer> version(Connection connection, long model, Alias alias)
      throws SQLException {
    return Sql.of(
            "SELECT version FROM model_aliases WHERE model = ? AND alias = ?", model, alias.word())
        .first(connection, row -> row.getInt(1));
  }

  /**
   * Makes a version the champion.
   *
   * @param expected the champion that the decision was made against, 0 for none; null: whatever it
   *     is
   * @throws RegistryException if there is no such version, its files are deleted, it is the
   *     champion already, or another champion was made in the meantime
   */
  public Promotion promote(Decision decision, Integer expected) {
    return database.write(connection -> promote(connection, decision, expected));
  }

  /** The same as a part of a larger change. */
  public Promotion promote(Connection connection, Decision decision, Integer expected)
      throws SQLException {
    long model = lock(connection, decision.model());
    ModelVersion version = usable(connection, decision.model(), decision.version());
    Integer champion = version(connection, model, Alias.CHAMPION).orElse(null);
    if (expected != null && expected != (champion == null ? 0 : champion)) {
      throw RegistryException.conflict(
          "the champion of %s is %s and not version %d any more: look at the figures again"
              .formatted(
                  decision.model(),
                  champion == null ? "nothing" : "version " + champion,
                  expected));
    }
    if (version.champion()) {
      throw RegistryException.conflict(version.reference() + " is the champion already");
    }
    return crown(connection, model, Kind.PROMOTED, decision, champion);
  }

  /** Makes a version the champion, and writes that down. */
  private Promotion crown(
      Connection connection, long model, Kind kind, Decision decision, Integer before)
      throws SQLException {
    point(connection, model, Alias.CHAMPION, decision.version());
    Sql.of(
            "DELETE FROM model_aliases WHERE model = ? AND alias = 'challenger' AND version = ?",
            model,
            decision.version())
        .update(connection);
    return record(connection, model, kind, decision, before);
  }

  private Promotion record(
      Connection connection, long model, Kind kind, Decision decision, Integer champion)
      throws SQLException {
    long number =
        Sql.of(
                ("INSERT INTO promotions (model, kind, version, champion, decided_by, decided_at,"
                        + " reason, figures) VALUES (?, ?, ?, ?, ?, %s, ?, ?) RETURNING number")
                    .formatted(now),
                model,
                kind.word(),
                decision.version(),
                champion,
                decision.by(),
                decision.reason(),
                decision.figures())
            .first(connection, row -> row.getLong(1))
            .orElseThrow();
    Promotion promotion =
        Sql.of(Promotion.SELECT + " WHERE p.number = ?", number)
            .first(connection, Promotion::of)
            .orElseThrow();
    announce(connection, promotion);
    return promotion;
  }

  private void announce(Connection connection, Promotion promotion) throws SQLException {
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("model", promotion.model());
    data.put("version", promotion.version());
    data.put("champion_before", promotion.champion());
    data.put("decided_by", promotion.decidedBy());
    data.put("reason", promotion.reason());
    Event event =
        switch (promotion.kind()) {
          case PROMOTED -> Event.MODEL_PROMOTED;
          case ROLLED_BACK -> Event.MODEL_ROLLED_BACK;
          case KEPT -> Event.MODEL_KEPT;
        };
    Outbox.put(connection, database.dialect(), event, data);
  }

  /** Writes down, as a part of a larger change, why a version did not become the champion. */
  public Promotion keep(Connection connection, Decision decision) throws SQLException {
    long model = lock(connection, decision.model());
    Integer champion = version(connection, model, Alias.CHAMPION).orElse(null);
    return record(connection, model, Kind.KEPT, decision, champion);
  }

  /**
   * Makes the version the champion that was it before the present one; once more, the one before
   * that.
   *
   * @throws RegistryException if there was none, or its files are deleted
   */
  public Promotion rollBack(String model, String by, String reason) {
    return database.write(
        connection -> {
          long number = lock(connection, model);
          Iterator<Integer> champions = champions(connection, number).iterator();
          Integer current = champions.hasNext() ? champions.next() : null;
          if (!champions.hasNext()) {
            throw RegistryException.conflict(
                current == null
                    ? "%s has no champion: promote a version".formatted(model)
                    : "%s had no champion before version %d: promote another version"
                        .formatted(model, current));
          }
          ModelVersion before = usable(connection, model, champions.next());
          Decision decision = new Decision(model, before.version(), by, reason, null);
          return crown(connection, number, Kind.ROLLED_BACK, decision, current);
        });
  }

  /** The champion, and those that going back leads to, the next first. */
  private static Deque<Integer> champions(Connection connection, long model) throws SQLException {
    Deque<Integer> champions = new ArrayDeque<>();
    List<Promotion> decisions =
        Sql.of(Promotion.SELECT + " WHERE p.model = ? ORDER BY p.number", model)
            .list(connection, Promotion::of);
    for (Promotion decision : decisions) {
      switch (decision.kind()) {
        case PROMOTED -> champions.push(decision.version());
        case ROLLED_BACK -> champions.pop();
        case KEPT -> {}
      }
    }
    return champions;
  }

  private static ModelVersion find(Connection connection, String model, int version)
      throws SQLException {
    return Sql.of(ModelVersion.SELECT + " WHERE m.name = ? AND v.version = ?", model, version)
        .first(connection, ModelVersion::of)
        .orElseThrow(
            () -> RegistryException.missing("%s has no version %d".formatted(model, version)));
  }

  private static ModelVersion usable(Connection connection, String model, int version)
      throws SQLException {
    ModelVersion found = find(connection, model, version);
    if (found.deletedAt() != null) {
      throw RegistryException.conflict(
          "the files of %s were deleted on %s: choose a newer version"
              .formatted(found.reference(), found.deletedAt()));
    }
    return found;
  }

  /**
   * A version.
   *
   * @param which a number, {@code champion} or {@code challenger}
   * @throws RegistryException if there is none
   */
  public ModelVersion version(String model, String which) {
    Optional<Alias> alias = Alias.ofWord(which);
    if (alias.isEmpty() && !which.matches("[1-9][0-9]{0,8}")) {
      throw RegistryException.missing(
          "'%s' is no version: name a number, champion or challenger".formatted(which));
    }
    return database.read(
        connection -> {
          if (alias.isEmpty()) {
            return find(connection, model, Integer.parseInt(which));
          }
          return aliased(connection, model, alias.get())
              .orElseThrow(() -> RegistryException.missing("%s has no %s".formatted(model, which)));
        });
  }

  /** The version that an alias points at. */
  public Optional<ModelVersion> find(String model, Alias alias) {
    return database.read(connection -> aliased(connection, model, alias));
  }

  // One statement, which sees the alias and its version at one moment.
  private static Optional<ModelVersion> aliased(Connection connection, String model, Alias alias)
      throws SQLException {
    return Sql.of(
            ModelVersion.SELECT
                + " JOIN model_aliases n ON n.model = v.model AND n.version = v.version"
                + " WHERE m.name = ? AND n.alias = ?",
            model,
            alias.word())
        .first(connection, ModelVersion::of);
  }

  /** All models by name. */
  public List<Model> models() {
    return database.read(
        connection -> {
          List<Model> models = new ArrayList<>();
          List<String> names =
              Sql.of("SELECT name FROM models ORDER BY name")
                  .list(connection, row -> row.getString(1));
          for (String name : names) {
            models.add(model(connection, name).orElseThrow());
          }
          return models;
        });
  }

  /** A model, if there is one of that name. */
  public Optional<Model> model(String name) {
    return database.read(connection -> model(connection, name));
  }

  private static Optional<Model> model(Connection connection, String name) throws SQLException {
    Optional<Integer> versions =
        Sql.of("SELECT versions FROM models WHERE name = ?", name)
            .first(connection, row -> row.getInt(1));
    return versions.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new Model(
                name,
                versions.get(),
                aliased(connection, name, Alias.CHAMPION).orElse(null),
                aliased(connection, name, Alias.CHALLENGER).orElse(null)));
  }

  /** The newest versions of a model, the newest first. */
  public List<ModelVersion> versions(String model, int limit) {
    return database.read(
        connection ->
            Sql.of(
                    ModelVersion.SELECT + " WHERE m.name = ? ORDER BY v.version DESC LIMIT ?",
                    model,
                    limit)
                .list(connection, ModelVersion::of));
  }

  /**
   * What was decided about a model, the newest first.
   *
   * @param before only older decisions than that of this number, or null
   */
  public List<Promotion> history(String model, Long before, int limit) {
    return database.read(
        connection ->
            Sql.of(
                    Promotion.SELECT
                        + " WHERE m.name = ? AND p.number < ? ORDER BY p.number DESC LIMIT ?",
                    model,
                    before == null ? Long.MAX_VALUE : before,
                    limit)
                .list(connection, Promotion::of));
  }

  /**
   * Deletes the files of old versions. The champion, the one before it, the challenger and what a
   * run that has not ended begins with are kept whatever their age.
   *
   * @param keep so many of the newest are kept, too
   * @return how many were deleted
   */
  public int prune(String model, int keep) {
    List<Integer> gone =
        database.write(
            connection -> {
              long number = lock(connection, model);
              List<Integer> champions =
                  champions(connection, number).stream().limit(GOES_BACK_TO).toList();
              List<Integer> old =
                  Sql.of(
                          "SELECT v.version FROM model_versions v JOIN models m ON m.number = v.model"
                              + " WHERE v.model = ? AND v.deleted_at IS NULL"
                              + " AND v.version <= m.versions - ?"
                              + " AND NOT EXISTS (SELECT 1 FROM model_aliases a"
                              + " WHERE a.model = v.model AND a.version = v.version)"
                              + " AND NOT EXISTS (SELECT 1 FROM runs r WHERE r.init_from ="
                              + " m.name || '@' || v.version AND r.state IN ('queued', 'running'))",
                          number,
                          keep)
                      .list(connection, row -> row.getInt(1));
              List<Integer> deleted =
                  old.stream().filter(version -> !champions.contains(version)).toList();
              for (int version : deleted) {
                Sql.of(
                        "UPDATE model_versions SET deleted_at = %s WHERE model = ? AND version = ?"
                            .formatted(now),
                        number,
                        version)
                    .update(connection);
              }
              return deleted;
            });
    for (int version : gone) {
      try {
        files.delete(model, version);
      } catch (IOException e) {
        LOG.warn("{}@{}: its files cannot be deleted: {}", model, version, e.toString());
      }
    }
    return gone.size();
  }

  /** The files of a version. */
  public RunDirectory directory(ModelVersion version) {
    return files.directory(version.model(), version.version());
  }
}
