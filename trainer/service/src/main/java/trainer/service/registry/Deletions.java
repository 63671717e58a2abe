package trainer.service.registry;

import java.io.IOException;
import java.nio.file.Files;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import trainer.service.database.Database;
import trainer.service.database.DatabaseException;
import trainer.service.database.Sql;

/** Deletes models, and the files of versions; rows and history stay in the database. */
public final class Deletions {
  private static final Logger LOG = LoggerFactory.getLogger(Deletions.class);

  private final Database database;
  private final RegistryFiles files;
  private final String now;

  public Deletions(Database database, RegistryFiles files) {
    this.database = database;
    this.files = files;
    this.now = database.dialect().now();
  }

  /**
   * Deletes the files of old versions. Always kept are the champion, the previous champion, the
   * challenger, the initial weights of runs that have not succeeded, because these may be resumed,
   * and the versions that trigger runs in progress are evaluating.
   *
   * @param keep number of newest versions to keep
   * @return number of deleted versions
   */
  public int prune(String model, int keep) {
    List<Integer> gone =
        database.write(
            connection -> {
              long number = RegistryTables.lock(connection, model);
              List<Integer> champions = Champions.newest(connection, model);
              List<Integer> old =
                  Sql.of(
                          "SELECT v.version FROM model_versions v JOIN models m ON m.number ="
                              + " v.model WHERE v.model = ? AND v.deleted_at IS NULL AND v.version"
                              + " <= m.versions - ? AND NOT EXISTS (SELECT 1 FROM model_aliases a"
                              + " WHERE a.model = v.model AND a.version = v.version) AND NOT EXISTS"
                              + " (SELECT 1 FROM runs r WHERE r.init_from = m.name || '@' ||"
                              + " v.version AND r.state <> 'succeeded') AND NOT EXISTS (SELECT 1"
                              + " FROM firings f WHERE f.run = v.run AND f.ended_at IS NULL)",
                          number,
                          keep)
                      .list(connection, row -> row.getInt(1));
              List<Integer> deleted =
                  old.stream().filter(version -> !champions.contains(version)).toList();
              for (int version : deleted) {
                markDeleted(connection, number, version);
              }
              return deleted;
            });
    gone.forEach(version -> deleteFiles(model, version));
    return gone.size();
  }

  /**
   * Deletes the files of a version; its row stays.
   *
   * @throws RegistryException if it is missing, deleted, the champion, or needed by a run
   */
  public void delete(ModelVersion version) {
    String model = version.model();
    database.write(
        connection -> {
          long number = RegistryTables.lock(connection, model);
          ModelVersion found = RegistryTables.find(connection, model, version.version());
          found.checkFiles();
          if (found.champion()) {
            throw RegistryException.conflict(
                "%s is the champion: promote another version first, or delete the model"
                    .formatted(found.reference()));
          }
          checkNotNeeded(connection, found.reference() + "@");
          Sql.of(
                  "DELETE FROM model_aliases WHERE model = ? AND version = ?",
                  number,
                  found.version())
              .update(connection);
          markDeleted(connection, number, found.version());
          return null;
        });
    deleteFiles(model, version.version());
  }

  /** Refuses if a run that waits or trains starts from a version whose reference begins so. */
  private static void checkNotNeeded(Connection connection, String start) throws SQLException {
    Optional<String> run =
        Sql.of(
                "SELECT id FROM runs WHERE substr(init_from || '@', 1, ?) = ?"
                    + " AND state IN ('queued', 'running') LIMIT 1",
                start.length(),
                start)
            .first(connection, row -> row.getString(1));
    if (run.isPresent()) {
      throw RegistryException.conflict(
          "the run %s starts from it: wait until that ends, or cancel it".formatted(run.get()));
    }
  }

  /**
   * Deletes a model and all its files; its name is free again. The rows of its versions and history
   * stay in the database.
   *
   * @throws RegistryException if it is missing or needed by a run
   */
  public void delete(String model) {
    try {
      database.write(
          connection -> {
            long number = RegistryTables.lock(connection, model);
            checkNotNeeded(connection, model + "@");
            Sql.of("DELETE FROM model_aliases WHERE model = ?", number).update(connection);
            Sql.of(
                    "UPDATE model_versions SET deleted_at = COALESCE(deleted_at, %s) WHERE model = ?"
                        .formatted(now),
                    number)
                .update(connection);
            // A name with a space is no model's.
            Sql.of(
                    "UPDATE models SET deleted_at = %s, name = name || ' ' || number WHERE number = ?"
                        .formatted(now),
                    number)
                .update(connection);
            files.setAside(model, number);
            return null;
          });
    } finally {
      finishDeleting();
    }
  }

  /** Completes or reverts deletions that a crash interrupted. */
  public void finishDeleting() {
    try {
      files.finishDeleting(this::isKept);
      for (ModelVersion version : deletedWithFiles()) {
        deleteFiles(version.model(), version.version());
      }
    } catch (IOException | DatabaseException e) {
      LOG.warn("deleted files stay until the next start: {}", e.toString());
    }
  }

  private List<ModelVersion> deletedWithFiles() {
    return database
        .read(
            connection ->
                Sql.of(
                        ModelVersion.SELECT
                            + " WHERE v.deleted_at IS NOT NULL AND m.deleted_at IS NULL")
                    .list(connection, ModelVersion::of))
        .stream()
        .filter(version -> Files.exists(files.directory(version.model(), version.version()).path()))
        .toList();
  }

  /** Whether a model exists, after concurrent deletions: an update waits for their end. */
  private boolean isKept(long number) {
    return database.write(
            connection ->
                Sql.of(
                        "UPDATE models SET versions = versions"
                            + " WHERE number = ? AND deleted_at IS NULL",
                        number)
                    .update(connection))
        > 0;
  }

  private void markDeleted(Connection connection, long model, int version) throws SQLException {
    Sql.of(
            "UPDATE model_versions SET deleted_at = %s WHERE model = ? AND version = ?"
                .formatted(now),
            model,
            version)
        .update(connection);
  }

  /** Deletes files after the deletion was committed, unless they were restored since. */
  private void deleteFiles(String model, int version) {
    database.write(
        connection -> {
          RegistryTables.lock(connection, model);
          if (RegistryTables.find(connection, model, version).deletedAt() != null) {
            try {
              files.delete(model, version);
            } catch (IOException e) {
              LOG.warn("{}@{}: its files cannot be deleted: {}", model, version, e.toString());
            }
          }
          return null;
        });
  }
}
