package trainer.engine.cpu;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import trainer.engine.CarriedState;
import trainer.engine.CarriedState.LayerState;

/**
 * The lanes of one pass.
 *
 * @param all lanes of all passes
 */
record Lanes(int first, int count, int all) {

  /** The share of one pass; shares differ by at most one lane. */
  static Lanes of(int all, int pass, int passes) {
    int first = (int) ((long) all * pass / passes);
    return new Lanes(first, (int) ((long) all * (pass + 1) / passes) - first, all);
  }

  /** These lanes' part of characters: [steps · lanes]. */
  int[] of(int[] characters) {
    if (count == all) {
      return characters;
    }
    int[] own = new int[characters.length / all * count];
    for (int from = first, to = 0; to < own.length; from += all, to += count) {
      System.arraycopy(characters, from, own, to, count);
    }
    return own;
  }

  /** These lanes' part of a state. */
  CarriedState of(CarriedState state) {
    List<LayerState> layers = new ArrayList<>();
    for (LayerState layer : state.layers()) {
      layers.add(
          new LayerState(
              count,
              layer.size(),
              of(layer.hidden(), layer.size()),
              layer.cell() == null ? null : of(layer.cell(), layer.size())));
    }
    return new CarriedState(layers);
  }

  private double[] of(double[] values, int size) {
    return Arrays.copyOfRange(values, first * size, (first + count) * size);
  }

  /** The state of all lanes from those of the passes. */
  static CarriedState join(List<CarriedState> passes) {
    List<LayerState> layers = new ArrayList<>();
    for (int l = 0; l < passes.get(0).layers().size(); l++) {
      int layer = l;
      List<LayerState> parts = passes.stream().map(pass -> pass.layers().get(layer)).toList();
      LayerState one = parts.get(0);
      layers.add(
          new LayerState(
              parts.stream().mapToInt(LayerState::lanes).sum(),
              one.size(),
              parts.stream().flatMapToDouble(part -> Arrays.stream(part.hidden())).toArray(),
              one.cell() == null
                  ? null
                  : parts.stream().flatMapToDouble(part -> Arrays.stream(part.cell())).toArray()));
    }
    return new CarriedState(layers);
  }
}
