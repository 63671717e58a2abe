package trainer.service.registry;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import trainer.service.database.Database;
import trainer.service.database.Sql;
import trainer.service.registry.Promotion.Kind;
import trainer.service.webhook.Event;
import trainer.service.webhook.Outbox;

/**
 * Decisions about champions, and their append-only history. A decision is one transaction, so
 * readers see the old champion or the new one.
 */
public final class Champions {
  private final Database database;
  private final RegistryFiles files;

  public Champions(Database database, RegistryFiles files) {
    this.database = database;
    this.files = files;
  }

  /**
   * Makes a version the champion.
   *
   * @param expected current champion that the decision assumes, 0 for none; null: any
   * @throws RegistryException if the version is missing, deleted, damaged or already the champion,
   *     or the champion is not the expected one
   */
  public Promotion promote(Decision decision, Integer expected) {
    check(decision.model(), decision.version());
    return database.write(connection -> promote(connection, decision, expected));
  }

  /**
   * Reads the file of a version before the transaction that makes it the champion, which others
   * wait for.
   *
   * @throws RegistryException if the version is missing, deleted or damaged
   */
  public void check(String model, int version) {
    ModelVersion found =
        database.read(connection -> RegistryTables.find(connection, model, version));
    found.checkFiles();
    files.check(found);
  }

  /** The same within a transaction, after {@link #check}. */
  public Promotion promote(Connection connection, Decision decision, Integer expected)
      throws SQLException {
    long model = RegistryTables.lock(connection, decision.model());
    ModelVersion version = RegistryTables.find(connection, decision.model(), decision.version());
    Integer champion = champion(connection, decision.model());
    checkExpected(decision.model(), champion, expected);
    if (version.champion()) {
      throw RegistryException.conflict(version.reference() + " is already the champion");
    }
    checkUsable(version);
    return crown(connection, model, Kind.PROMOTED, decision, champion);
  }

  private void checkUsable(ModelVersion version) {
    version.checkFiles();
    if (!files.wasChecked(version)) {
      files.check(version);
    }
  }

  private static void checkExpected(String model, Integer champion, Integer expected) {
    if (expected != null && expected != (champion == null ? 0 : champion)) {
      throw RegistryException.conflict(
          "the champion of %s is now %s, not version %d: review the figures and decide again"
              .formatted(model, champion == null ? "nothing" : "version " + champion, expected));
    }
  }

  private static Integer champion(Connection connection, String model) throws SQLException {
    return RegistryTables.find(connection, model, Alias.CHAMPION)
        .map(ModelVersion::version)
        .orElse(null);
  }

  /** Moves the alias and records the decision. */
  private Promotion crown(
      Connection connection, long model, Kind kind, Decision decision, Integer before)
      throws SQLException {
    RegistryTables.point(connection, model, Alias.CHAMPION, decision.version());
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
                    .formatted(database.dialect().now()),
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

  /**
   * Records, within a transaction, why a version did not become the champion.
   *
   * @param expected current champion that the decision assumes, 0 for none
   * @throws RegistryException if the champion is another one
   */
  public Promotion keep(Connection connection, Decision decision, int expected)
      throws SQLException {
    long model = RegistryTables.lock(connection, decision.model());
    Integer champion = champion(connection, decision.model());
    checkExpected(decision.model(), champion, expected);
    return record(connection, model, Kind.KEPT, decision, champion);
  }

  /**
   * Restores the previous champion; repeated calls go further back.
   *
   * @param expected current champion that the decision assumes, 0 for none; null: any
   * @throws RegistryException if there is no previous champion, its files are deleted or damaged,
   *     or the champion is not the expected one
   */
  public Promotion rollBack(String model, String by, String reason, Integer expected) {
    database.read(connection -> newest(connection, model)).stream()
        .skip(1)
        .forEach(before -> check(model, before));
    return database.write(
        connection -> {
          long number = RegistryTables.lock(connection, model);
          Iterator<Integer> champions = succession(connection, model).iterator();
          Integer current = champions.hasNext() ? champions.next() : null;
          checkExpected(model, current, expected);
          if (!champions.hasNext()) {
            throw RegistryException.conflict(
                current == null
                    ? "%s has no champion: promote a version".formatted(model)
                    : "%s had no champion before version %d: promote another version"
                        .formatted(model, current));
          }
          ModelVersion before = RegistryTables.find(connection, model, champions.next());
          checkUsable(before);
          Decision decision = new Decision(model, before.version(), by, reason, null);
          return crown(connection, number, Kind.ROLLED_BACK, decision, current);
        });
  }

  /** The champion and the previous one, if any. */
  static List<Integer> newest(Connection connection, String model) throws SQLException {
    return succession(connection, model).stream().limit(2).toList();
  }

  /** The champion and its predecessors, newest first. */
  private static Deque<Integer> succession(Connection connection, String model)
      throws SQLException {
    Deque<Integer> champions = new ArrayDeque<>();
    List<Promotion> decisions =
        Sql.of(Promotion.SELECT + " WHERE m.name = ? ORDER BY p.number", model)
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

  /**
   * Decisions about a model, newest first.
   *
   * @param before only decisions older than this number, or null
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
}
