package trainer.job;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import trainer.config.Data.Normalization;
import trainer.config.Schedule;
import trainer.config.Training.Remainder;
import trainer.text.Lanes;
import trainer.text.NgramBaselines;
import trainer.text.Unknown;
import trainer.text.Vocabulary;

/** What a user should know before training. */
final class PlanWarnings {
  /** Share of the training text that may stay unread without a word. */
  private static final double UNREAD = 0.03;

  /** Characters for validation below which its loss is noisy: by several hundredths of a nat. */
  private static final int FEW_CHARACTERS = 1000;

  private static final int REPLACEMENT = 0xFFFD;

  private final TrainingPlan plan;
  private final List<String> warnings = new ArrayList<>();

  private PlanWarnings(TrainingPlan plan) {
    this.plan = plan;
  }

  static List<String> of(TrainingPlan plan) {
    PlanWarnings found = new PlanWarnings(plan);
    found.unknown();
    found.characters();
    found.unlike();
    found.fewCharacters();
    found.unread();
    found.warmUp();
    return List.copyOf(found.warnings);
  }

  private void unknown() {
    Unknown unknown = plan.text().corpus().unknown();
    if (unknown.isWorthAWarning()) {
      add("%s: the loss says more of data.vocabulary than of the model", unknown);
    }
  }

  /** Characters that another program has lost, or that one letter has twice. */
  private void characters() {
    Vocabulary vocabulary = plan.text().corpus().vocabulary();
    if (plan.configuration().data().vocabulary() != null) {
      return; // decided before
    }
    if (vocabulary.contains(REPLACEMENT) && plan.text().corpus().unknown().count() == 0) {
      add(
          "the text has U+FFFD (REPLACEMENT CHARACTER) where another program could not read its"
              + " encoding: convert the original again");
    }
    if (vocabulary.hasC1Controls()) {
      add(
          "the text has control characters from U+0080 to U+009F, as where windows-1252 is read as"
              + " ISO-8859-1: compare data.encoding with the text");
    }
    if (plan.configuration().data().normalize() == Normalization.NONE) {
      vocabulary
          .inTwoForms()
          .ifPresent(
              letter ->
                  add(
                      "the text may have letters such as '%s' both as one character and as two, a"
                          + " letter and a mark: set data.normalize: nfc",
                      letter));
    }
  }

  private void unlike() {
    NgramBaselines.Nats nats = plan.text().baselines();
    if (nats.trigram() > nats.unigram()) {
      add(
          "the validation text is unlike the training text: trigrams of the training text predict it"
              + " with %.2f nats per character, worse than unigrams with %.2f. For a list, set"
              + " data.shuffle: lines; for a book, set data.split_blocks: 20, or leave out what is unlike the rest, such as a"
              + " licence at its end",
          nats.trigram(), nats.unigram());
    }
  }

  private void fewCharacters() {
    long characters = plan.text().splits().validation().length();
    if (characters < FEW_CHARACTERS) {
      add(
          "the validation split has only %,d characters, so its loss is noisy: raise its share in"
              + " data.split, or use a longer corpus",
          characters);
    }
  }

  private void unread() {
    Lanes lanes = plan.text().training();
    long characters = lanes.split().length() - 1;
    if (lanes.unread() >= UNREAD * characters) {
      boolean dropped = plan.configuration().training().remainder() == Remainder.DROP;
      add(
          "%,d of %,d characters for training (%.0f %%) are never read: %s",
          lanes.unread(),
          characters,
          100.0 * lanes.unread() / characters,
          !dropped
              ? "lower training.batch_size"
              : plan.state().iteration() == 0
                  ? "set training.remainder: read"
                  : "a new run reads them, with training.remainder: read");
    }
  }

  private void warmUp() {
    Schedule schedule = plan.configuration().training().schedule();
    int warmUp = schedule.warmupIterations();
    long last = plan.iterations() - (schedule.dependsOnLength() ? 1 : 0);
    if (warmUp > 0 && warmUp >= last) {
      add(
          "training.schedule.warmup_iterations: %,d is not below the %,d iterations of the run: the"
              + " learning rate rises to the end%s",
          warmUp,
          plan.iterations(),
          schedule.dependsOnLength() ? " and never reaches final_learning_rate" : "");
    }
  }

  private void add(String format, Object... arguments) {
    warnings.add(String.format(Locale.ROOT, format, arguments));
  }
}
