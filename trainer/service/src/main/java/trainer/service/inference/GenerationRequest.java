package trainer.service.inference;

import java.util.List;

/**
 * A request for texts.
 *
 * @param model run directory
 * @param prompts texts to continue; empty: a newline
 * @param length characters of each text
 * @param seed of the first text; the next has the next seed
 * @param stop strings that end a text, which does not contain them
 * @param texts how many of each prompt, one after the other
 * @param alternatives most probable characters to name at each place; -1: no probabilities at all
 * @param echo whether the probabilities of the prompts are wanted, too
 */
public record GenerationRequest(
    String model,
    List<String> prompts,
    int length,
    double temperature,
    int topK,
    double topP,
    long seed,
    List<String> stop,
    int texts,
    int alternatives,
    boolean echo) {}
