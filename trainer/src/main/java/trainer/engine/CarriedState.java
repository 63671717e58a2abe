package trainer.engine;

import java.util.List;

/** What the recurrent layers remember between two segments, first layer first. */
public record CarriedState(List<LayerState> layers) {

  /**
   * One layer's memory, row-major [lanes, size].
   *
   * @param hidden the short-term memory h
   * @param cell the long-term memory c of the LSTMs, else null
   */
  public record LayerState(int lanes, int size, double[] hidden, double[] cell) {}
}
