package trainer.service.inference;

/**
 * A request for what a network has learned, on a text.
 *
 * @param model run directory
 * @param name of the model in the answer
 * @param units how many units with their values; 0: none
 * @param gates whether the gates of these units are wanted
 * @param lag whether the memory over lag is wanted
 * @param map whether the characters in two dimensions are wanted
 * @param corpus encoded text that the network was trained on, to look for copies in; null: they are
 *     not wanted
 * @param replaceUnknown whether characters outside the vocabulary are charged, not refused
 */
public record ExplanationRequest(
    String model,
    String name,
    String text,
    int units,
    boolean gates,
    boolean lag,
    boolean map,
    String corpus,
    boolean replaceUnknown) {}
