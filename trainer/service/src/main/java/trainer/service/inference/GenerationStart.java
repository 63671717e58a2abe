package trainer.service.inference;

import java.util.List;

/**
 * The first answer to a {@link GenerationRequest}.
 *
 * @param prompt as it is read: with the newlines and normalization of the corpus
 * @param promptCharacters its length in code points
 * @param fingerprint of the checkpoint
 * @param predicted the prompt's characters, if asked for
 */
public record GenerationStart(
    String prompt, int promptCharacters, String fingerprint, List<Prediction> predicted) {}
