package trainer.engine.cpu;

import java.util.Arrays;
import java.util.List;
import trainer.engine.CarriedState;
import trainer.engine.Engine;
import trainer.engine.TrainingStep;
import trainer.text.Segment;

/** A whole training step, from character indices to updated weights. */
final class CpuTrainingStep implements TrainingStep {
  private final Division division;
  private final NetworkWeights weights;
  private final ParameterUpdate parameterUpdate;
  private final Clipping clipping;
  private final GradientPass[] passes;
  private final List<List<Parameter>> parameters; // of each pass; the first are updated
  private final int steps;
  private final double[] squares; // of the slices' gradients

  /**
   * @param passes over all lanes, the first with {@code weights}; closed with this step
   * @param parameters of each pass
   * @param steps length of the longest segment
   */
  CpuTrainingStep(
      Division division,
      NetworkWeights weights,
      GradientPass[] passes,
      List<List<Parameter>> parameters,
      int steps,
      ParameterUpdate parameterUpdate,
      Clipping clipping) {
    this.division = division;
    this.weights = weights;
    this.passes = passes;
    this.parameters = parameters;
    this.steps = steps;
    this.parameterUpdate = parameterUpdate;
    this.clipping = clipping;
    squares = new double[division.slices()];
  }

  @Override
  public int lanes() {
    return passes[0].lanes().all();
  }

  @Override
  public int steps() {
    return steps;
  }

  @Override
  public CarriedState state() {
    return Lanes.join(Arrays.stream(passes).map(pass -> pass.forward().state()).toList());
  }

  @Override
  public void state(CarriedState state) {
    for (GradientPass pass : passes) {
      pass.forward().state(pass.lanes().of(state));
    }
  }

  @Override
  public Engine.Step train(Segment segment, double rate, int iteration) {
    Engine.Step step = gradient(segment, iteration);
    float scale = clipping.scale(step.gradientNorm());
    division.workers().each(squares.length, slice -> update(slice, scale, rate, iteration));
    weights.changed();
    clock().lap(Phase.UPDATE);
    return step;
  }

  @Override
  public Engine.Step gradient(Segment segment, int iteration) {
    int characters = segment.characters();
    division.run(
        passes.length,
        (pass, thread) -> {
          Lanes lanes = passes[pass].lanes();
          int[] inputs = lanes.of(segment.inputs());
          int[] targets = lanes.of(segment.targets());
          passes[pass].compute(thread, inputs, targets, iteration, characters);
        });
    clock().lap(Phase.WAIT);
    division.workers().each(squares.length, this::sum);
    clock().lap(Phase.UPDATE);
    double nats = 0;
    for (GradientPass pass : passes) {
      nats += pass.nats();
    }
    double sum = 0;
    for (double square : squares) {
      sum += square;
    }
    return new Engine.Step(nats / characters, Math.sqrt(sum));
  }

  /** Sums one slice of the passes' gradients, over a tree. */
  private void sum(int slice) {
    squares[slice] = 0;
    for (int p = 0; p < parameters.get(0).size(); p++) {
      Parameter first = parameters.get(0).get(p);
      int from = from(first, slice);
      int to = from(first, slice + 1);
      for (int distance = 1; distance < passes.length; distance *= 2) {
        for (int pass = 0; pass + distance < passes.length; pass += 2 * distance) {
          ElementwiseOps.add(
              parameters.get(pass).get(p).gradient(),
              parameters.get(pass + distance).get(p).gradient(),
              from,
              to);
        }
      }
      squares[slice] += first.gradientSquares(from, to);
    }
  }

  private void update(int slice, float scale, double rate, int iteration) {
    for (Parameter parameter : parameters.get(0)) {
      int from = from(parameter, slice);
      int to = from(parameter, slice + 1);
      clipping.cut(parameter, from, to);
      parameterUpdate.apply(parameter, from, to, scale, rate, iteration);
    }
    weights.publish(slice, squares.length);
  }

  /** The first element of a slice, which has whole rows. */
  private int from(Parameter parameter, int slice) {
    return parameter.firstRow(slice, squares.length) * parameter.columns();
  }

  private PhaseClock clock() {
    return passes[0].forward().context(0).clock();
  }

  /** Nanoseconds that a thread has spent in a phase: the first, or that of the first lane group. */
  long nanoseconds(Phase phase) {
    return clock().nanoseconds(phase);
  }

  @Override
  public void close() {
    for (GradientPass pass : passes) {
      pass.close();
    }
  }
}
