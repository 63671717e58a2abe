package trainer.service.inference;

import java.util.List;

/**
 * The first answer to a {@link GenerationRequest}.
 *
 * @param prompts as they are read: with the newlines and normalization of the corpus
 * @param fingerprint of the checkpoint
 * @param predicted the characters of each prompt, if asked for
 */
public record GenerationStart(
    List<String> prompts, String fingerprint, List<List<Prediction>> predicted) {

  /** The length of all prompts in code points. */
  public int promptCharacters() {
    return prompts.stream().mapToInt(prompt -> prompt.codePointCount(0, prompt.length())).sum();
  }
}
