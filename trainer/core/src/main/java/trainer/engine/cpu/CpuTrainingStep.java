package trainer.engine.cpu;

import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;
import trainer.engine.CarriedState;
import trainer.engine.Engine;
import trainer.engine.Lanes;
import trainer.engine.TrainingStep;
import trainer.engine.TreeOrder;
import trainer.text.Segment;

/** A whole training step, from character indices to updated weights. */
final class CpuTrainingStep implements TrainingStep {
  private final Division division;
  private final NetworkWeights weights;
  private final ParameterUpdate parameterUpdate;
  private final Clipping clipping;
  private final GradientPass[] passes;
  private final List<List<Parameter>> parameters; // of each pass; the first are updated
  private final Lanes own; // of the passes
  private final RankSums sums; // null: the passes have all lanes
  private final int steps;
  private final double[] squares; // of the slices' gradients

  /**
   * @param passes over neighbouring lanes, the first with {@code weights}; closed with this step
   * @param parameters of each pass
   * @param sums with the ranks that have the other lanes; null: there are none
   * @param steps length of the longest segment
   */
  CpuTrainingStep(
      Division division,
      NetworkWeights weights,
      GradientPass[] passes,
      List<List<Parameter>> parameters,
      int steps,
      ParameterUpdate parameterUpdate,
      Clipping clipping,
      RankSums sums) {
    this.division = division;
    this.weights = weights;
    this.passes = passes;
    this.parameters = parameters;
    this.steps = steps;
    this.parameterUpdate = parameterUpdate;
    this.clipping = clipping;
    this.sums = sums;
    Lanes first = passes[0].lanes();
    int lanes = Arrays.stream(passes).mapToInt(pass -> pass.lanes().count()).sum();
    own = new Lanes(first.first(), lanes, first.all());
    squares = new double[division.slices()];
  }

  @Override
  public int lanes() {
    return own.count();
  }

  @Override
  public int steps() {
    return steps;
  }

  @Override
  public CarriedState state() {
    return CarriedState.join(Arrays.stream(passes).map(pass -> pass.forward().state()).toList());
  }

  @Override
  public void state(CarriedState state) {
    for (GradientPass pass : passes) {
      pass.forward().state(pass.lanes().within(own).of(state));
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
    int characters = segment.length() * own.all();
    if (sums != null) {
      sums.begin();
    }
    division.run(passes.length, (pass, thread) -> passes[pass].load(thread));
    division.run(
        passes.length,
        (pass, thread) -> {
          Lanes lanes = passes[pass].lanes().within(own);
          int[] inputs = lanes.of(segment.inputs());
          int[] targets = lanes.of(segment.targets());
          passes[pass].compute(
              thread,
              inputs,
              targets,
              iteration,
              characters,
              layer -> {
                if (sums != null) {
                  sums.computed(layer);
                }
              });
        });
    if (sums != null) {
      sums.await();
    }
    clock().lap(Phase.WAIT);
    division.workers().each(squares.length, this::sum);
    clock().lap(Phase.UPDATE);
    double[] losses = Arrays.stream(passes).mapToDouble(p -> p.nats() / characters).toArray();
    double sum = 0;
    for (double square : squares) {
      sum += square;
    }
    return new Engine.Step(TreeOrder.sum(losses), Math.sqrt(sum));
  }

  /** Sums one slice of the passes' gradients. */
  private void sum(int slice) {
    squares[slice] = 0;
    for (int p = 0; p < parameters.get(0).size(); p++) {
      int parameter = p;
      Parameter first = parameters.get(0).get(p);
      int end = from(first, slice + 1);
      for (int from = from(first, slice), to; from < end; from = to) {
        to = Math.min(end, from + ElementwiseOps.RANGE);
        if (sums == null) {
          add(parameters.size(), pass -> parameters.get(pass).get(parameter), from, to);
        }
        squares[slice] += ElementwiseOps.sumOfSquares(first.gradient(), from, to);
      }
    }
  }

  /** Adds elements [from, to) of the passes' gradients of one parameter to that of the first. */
  static void add(int passes, IntFunction<Parameter> ofPass, int from, int to) {
    TreeOrder.each(
        passes,
        (sum, other) ->
            ElementwiseOps.add(
                ofPass.apply(sum).gradient(), ofPass.apply(other).gradient(), from, to));
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
