package trainer.service.inference;

import java.util.List;

/**
 * The next part of a text.
 *
 * @param index of the text, from 0: those of the first prompt, then those of the next
 * @param predicted its characters, if probabilities were asked for
 * @param finish {@link #STOP} or {@link #LENGTH} in the last part of a text, else null
 */
public record GenerationPiece(int index, String text, List<Prediction> predicted, String finish) {
  /** A stop string was reached. */
  public static final String STOP = "stop";

  /** The length was reached. */
  public static final String LENGTH = "length";
}
