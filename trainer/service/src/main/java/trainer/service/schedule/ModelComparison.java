package trainer.service.schedule;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Locale;
import trainer.service.registry.ModelVersion;
import trainer.service.schedule.Evaluation.Score;

/**
 * The decision between a challenger and the champion, from losses on the same text.
 *
 * @param text its name, for messages
 * @param margin by which the challenger's loss must be lower, nats per character
 * @param champion null: there is none
 * @param before the champion's loss; null as above
 */
record ModelComparison(
    String text,
    double margin,
    ModelVersion champion,
    Score before,
    ModelVersion challenger,
    Score after) {
  /** A challenger that cannot read more of the text than this is never promoted. */
  static final double MOST_UNKNOWN = 0.1;

  /** A shorter text decides with a warning. */
  static final int SHORT_CHARACTERS = 1_000;

  ModelComparison {
    if (before != null && !before.isComparableWith(after)) {
      throw new IllegalArgumentException("%s and %s are not comparable".formatted(before, after));
    }
  }

  /** Whether the challenger becomes the champion. */
  boolean promotes() {
    return refusal() == null;
  }

  /** Why the challenger does not become the champion; null if it does. */
  private String refusal() {
    if (!Double.isFinite(after.loss())) {
      return "the loss of version %d is not a number".formatted(challenger.version());
    }
    if (after.unknown() > MOST_UNKNOWN * after.characters()) {
      return String.format(
          Locale.ROOT,
          "version %d does not know more than %.0f %% of the characters",
          challenger.version(),
          100 * MOST_UNKNOWN);
    }
    if (before == null) {
      return after.unigrams() == null || after.loss() < after.unigrams()
          ? null
          : String.format(
              Locale.ROOT,
              "not better than unigram counts, %.4f: train longer, or promote it with 'promote %s'",
              after.unigrams(),
              challenger.reference());
    }
    return !Double.isFinite(before.loss()) || before.loss() - after.loss() > margin
        ? null
        : "not better by more than %s nats".formatted(margin);
  }

  /** What was compared, and the reason for the decision. */
  String reason() {
    StringBuilder reason = new StringBuilder();
    reason.append(
        String.format(
            Locale.ROOT,
            "on '%s', version %d has %.4f nats per character; ",
            text,
            challenger.version(),
            after.loss()));
    reason.append(
        before == null
            ? "there was no champion"
            : String.format(
                Locale.ROOT,
                "the champion, version %d, has %.4f",
                champion.version(),
                before.loss()));
    if (after.unknown() > 0 || (before != null && before.unknown() > 0)) {
      reason.append(
          String.format(
              Locale.ROOT,
              "; of %,d characters, version %d does not know %,d",
              after.characters(),
              challenger.version(),
              after.unknown()));
      if (before != null) {
        reason.append(
            String.format(Locale.ROOT, ", version %d %,d", champion.version(), before.unknown()));
      }
    }
    if (after.characters() < SHORT_CHARACTERS) {
      reason.append(
          String.format(
              Locale.ROOT,
              "; a text of only %,d characters decided: name a longer one as held_out",
              after.characters()));
    }
    return promotes() ? reason.toString() : reason + ": " + refusal();
  }

  /** A JSON object. */
  String figures() {
    ObjectNode node = new JsonMapper().createObjectNode();
    node.put("text", text);
    node.put("sha256", after.sha256());
    node.put("margin", margin);
    if (before != null) {
      put(node.putObject("champion"), champion, before);
    }
    put(node.putObject("challenger"), challenger, after);
    if (after.unigrams() != null) {
      node.put("unigram_nats_per_character", after.unigrams());
    }
    return node.toString();
  }

  private static void put(ObjectNode node, ModelVersion version, Score score) {
    node.put("version", version.version());
    if (Double.isFinite(score.loss())) {
      node.put("nats_per_character", score.loss());
    } else {
      node.putNull("nats_per_character");
    }
    node.put("characters", score.characters());
    node.put("unknown_characters", score.unknown());
  }
}
