package trainer.engine.cpu;

import java.util.Arrays;
import java.util.Objects;
import java.util.stream.Stream;
import trainer.engine.CarriedState;
import trainer.engine.Engine;
import trainer.engine.Lanes;
import trainer.engine.PassSize;
import trainer.engine.Predictions;
import trainer.engine.VectorSession;
import trainer.text.Segment;

/** Scores segments, some steps at a time, and predicts single characters. */
final class CpuSession extends VectorSession {
  private final Products products;
  private final Division division;
  private final NetworkShape shape;
  private final NetworkWeights weights;
  private final float[] logProbabilities; // [lanes · V]

  private CarriedState carried;
  private InferencePass[] passes; // null before the first character
  private int steps; // of a pass

  CpuSession(
      Products products, Division division, NetworkShape shape, NetworkWeights weights, int lanes) {
    super(lanes);
    this.products = products;
    this.division = division;
    this.shape = shape;
    this.weights = weights;
    carried = CarriedState.zero(shape.layers(), lanes);
    logProbabilities = new float[lanes * shape.vocabulary()];
  }

  @Override
  public Engine.Score score(Segment segment) {
    return score(segment, null);
  }

  @Override
  public Engine.Score score(Segment segment, Predictions predictions) {
    check(segment.lanes());
    prepare(PassSize.STEPS_PER_PRODUCT);
    compute(segment.inputs(), segment.targets(), predictions);
    double nats = 0;
    double correct = 0;
    for (InferencePass pass : passes) {
      nats += pass.nats();
      correct += pass.correct();
    }
    return new Engine.Score(nats, (long) correct, segment.scored());
  }

  @Override
  public float[] next(int[] following) {
    check(following.length);
    prepare(1);
    compute(following, null, null);
    return logProbabilities;
  }

  private void compute(int[] characters, int[] targets, Predictions predictions) {
    division.run(
        passes.length,
        (pass, thread) -> {
          Lanes lanes = passes[pass].lanes();
          passes[pass].compute(
              thread,
              lanes.of(characters),
              targets == null ? null : lanes.of(targets),
              predictions);
        });
    for (InferencePass pass : passes) {
      pass.loaded();
    }
  }

  /** Provides passes for {@code wanted} steps at a time; the state carries over. */
  private void prepare(int wanted) {
    if (passes != null && steps == wanted) {
      return;
    }
    CarriedState state = state();
    free();
    carried = state; // if memory does not suffice
    passes = passes(wanted);
    steps = wanted;
    state(state);
  }

  private InferencePass[] passes(int wanted) {
    InferencePass[] made = new InferencePass[division.passes(lanes())];
    boolean alike = wanted == 1 && lanes() > 1; // each lane as if it were alone
    try {
      for (int pass = 0; pass < made.length; pass++) {
        made[pass] =
            new InferencePass(
                alike ? new SingleRowProducts(products) : products,
                division.team(),
                shape,
                weights,
                Lanes.of(lanes(), pass, made.length),
                wanted,
                logProbabilities);
      }
      return made;
    } catch (RuntimeException | Error e) {
      Stream.of(made).filter(Objects::nonNull).forEach(InferencePass::close);
      throw e;
    }
  }

  private void state(CarriedState state) {
    for (InferencePass pass : passes) {
      pass.forward().state(pass.lanes().of(state));
    }
  }

  @Override
  public CarriedState state() {
    return passes == null
        ? carried
        : CarriedState.join(Arrays.stream(passes).map(pass -> pass.forward().state()).toList());
  }

  @Override
  public void clear() {
    carried = CarriedState.zero(shape.layers(), lanes());
    if (passes != null) {
      state(carried);
    }
  }

  @Override
  protected void free() {
    if (passes != null) {
      for (InferencePass pass : passes) {
        pass.close();
      }
      passes = null;
    }
  }
}
