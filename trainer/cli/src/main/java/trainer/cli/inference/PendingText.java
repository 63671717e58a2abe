package trainer.cli.inference;

import java.util.ArrayList;
import java.util.List;
import trainer.service.inference.GenerationPiece;
import trainer.service.inference.Prediction;

/**
 * The end of a text that is being written. What may become one of the stop strings is held back,
 * and dropped if it does.
 */
final class PendingText {
  private final List<String> stops;
  private final StringBuilder text = new StringBuilder();
  private final List<Prediction> predicted = new ArrayList<>(); // of each character, or empty
  private boolean stopped;

  /**
   * @param stops strings that end the text
   */
  PendingText(List<String> stops) {
    this.stops = stops;
  }

  /**
   * Adds a character.
   *
   * @param prediction may be null
   */
  void add(String character, Prediction prediction) {
    text.append(character);
    if (prediction != null) {
      predicted.add(prediction);
    }
    for (String stop : stops) {
      if (endsWith(stop)) {
        cut(text.length() - stop.length());
        stopped = true;
        return;
      }
    }
  }

  private boolean endsWith(String stop) {
    int start = text.length() - stop.length();
    return start >= 0 && text.indexOf(stop, start) == start;
  }

  private void cut(int length) {
    text.setLength(length);
    int characters = text.codePointCount(0, length);
    while (predicted.size() > characters) {
      predicted.remove(predicted.size() - 1);
    }
  }

  /** Whether a stop string was reached. */
  boolean isStopped() {
    return stopped;
  }

  /** Whether there is text that no stop string can take back. */
  boolean hasFinal() {
    return finalLength() > 0;
  }

  private int finalLength() {
    int held = 0;
    for (String stop : stops) {
      for (int length = Math.min(stop.length(), text.length()); length > held; length--) {
        if (endsWith(stop.substring(0, length))) {
          held = length;
        }
      }
    }
    return text.length() - held;
  }

  /** Takes what no stop string can take back. */
  GenerationPiece take(int index, String finish) {
    return take(index, finalLength(), finish);
  }

  /** Takes everything. */
  GenerationPiece takeAll(int index, String finish) {
    return take(index, text.length(), finish);
  }

  private GenerationPiece take(int index, int length, String finish) {
    String taken = text.substring(0, length);
    text.delete(0, length);
    int characters = Math.min(predicted.size(), taken.codePointCount(0, length));
    List<Prediction> own = new ArrayList<>(predicted.subList(0, characters));
    predicted.subList(0, characters).clear();
    return new GenerationPiece(index, taken, own, finish);
  }
}
