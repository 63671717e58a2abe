package trainer.cluster;

import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import trainer.cluster.Commands.Vector;
import trainer.config.Compute.Precision;
import trainer.config.Layer;
import trainer.engine.CarriedState;
import trainer.engine.Engine;
import trainer.engine.Lanes;
import trainer.engine.TrainingStep;
import trainer.engine.TreeOrder;
import trainer.engine.VectorNetwork;
import trainer.engine.VectorSession;
import trainer.engine.VectorWeights;
import trainer.text.Segment;

/**
 * A network that ranks train together. Each has all parameters, and its share of the lanes with
 * their carried state. A copy at hand computes forward passes, for validation and samples.
 */
final class ClusterNetwork extends VectorNetwork<TrainingStep> {
  /** Iterations after which the ranks' parameters are compared. */
  private static final int COMPARED_EVERY = 100;

  private final Ranks ranks;
  private final VectorNetwork<?> local;
  private final int length;
  private final int moments;
  private long version; // changes of parameters or averages
  private long compared; // version in which the ranks were found to agree
  private long localVersion = -1;

  /**
   * @param local closed with this network
   * @param length number of parameters
   * @param moments averages that the optimizer keeps of each
   */
  ClusterNetwork(List<Layer> layers, Ranks ranks, VectorNetwork<?> local, int length, int moments) {
    super(layers);
    this.ranks = ranks;
    this.local = local;
    this.length = length;
    this.moments = moments;
  }

  @Override
  public Precision precision() {
    return local.precision();
  }

  /** Training on all ranks. They grow their own buffers, so segments have any length. */
  private final class Step implements TrainingStep {
    private final int lanes;

    Step(int lanes) {
      if (lanes % ranks.size() != 0) {
        throw new IllegalArgumentException(
            "%d lanes cannot be shared by %d %s".formatted(lanes, ranks.size(), ranks.name()));
      }
      this.lanes = lanes;
    }

    @Override
    public int lanes() {
      return lanes;
    }

    @Override
    public int steps() {
      return Integer.MAX_VALUE;
    }

    @Override
    public Engine.Step train(Segment segment, double learningRate, int iteration) {
      version++;
      Engine.Step step = compute(true, segment, learningRate, iteration);
      if ((iteration + 1) % COMPARED_EVERY == 0) {
        compare();
      }
      return step;
    }

    @Override
    public Engine.Step gradient(Segment segment, int iteration) {
      return compute(false, segment, 0, iteration);
    }

    private Engine.Step compute(boolean update, Segment segment, double rate, int iteration) {
      List<Engine.Step> steps =
          ranks.compute(update, shares(rank -> lanesOf(rank).of(segment)), rate, iteration);
      double[] norms = steps.stream().mapToDouble(Engine.Step::gradientNorm).toArray();
      for (double norm : norms) {
        if (Double.compare(norm, norms[0]) != 0) {
          throw disagreement("norms of the gradient", Arrays.toString(norms));
        }
      }
      double loss = TreeOrder.sum(steps.stream().mapToDouble(Engine.Step::loss).toArray());
      return new Engine.Step(loss, norms[0]);
    }

    private Lanes lanesOf(int rank) {
      return Lanes.of(lanes, rank, ranks.size());
    }

    private <T> List<T> shares(IntFunction<T> share) {
      return IntStream.range(0, ranks.size()).mapToObj(share).toList();
    }

    @Override
    public CarriedState state() {
      return CarriedState.join(ranks.states());
    }

    @Override
    public void state(CarriedState state) {
      ranks.states(shares(rank -> lanesOf(rank).of(state)));
    }

    @Override
    public void close() {}
  }

  private WorkersLostException disagreement(String what, String values) {
    return new WorkersLostException(
        "the %s have different %s (%s): one computes wrongly"
            .formatted(ranks.name(), what, values));
  }

  /** Checks that all ranks have the same parameters and averages. */
  private void compare() {
    if (compared == version) {
      return;
    }
    List<Long> sums = ranks.checksums();
    if (sums.stream().distinct().count() > 1) {
      throw disagreement(
          "parameters",
          "checksums " + String.join(", ", sums.stream().map(Long::toHexString).toList()));
    }
    compared = version;
  }

  private void write(Vector which, float[] vector) {
    version++;
    ranks.write(which, vector.clone()); // it may be sent later
  }

  @Override
  protected TrainingStep stepFor(int lanes, int steps) {
    return new Step(lanes);
  }

  @Override
  protected VectorWeights weights() {
    return new VectorWeights() {
      @Override
      public int length() {
        return length;
      }

      @Override
      public int moments() {
        return moments;
      }

      @Override
      public void takeParameters(float[] vector) {
        write(Vector.PARAMETERS, vector);
      }

      @Override
      public void putParameters(float[] vector) {
        compare();
        System.arraycopy(ranks.read(Vector.PARAMETERS), 0, vector, 0, length);
      }

      @Override
      public void putGradient(float[] vector) {
        System.arraycopy(ranks.read(Vector.GRADIENT), 0, vector, 0, length);
      }

      /** All averages at once: the vector holds them all. */
      @Override
      public void takeMoment(int index, float[] vector, int offset) {
        if (index == 0) {
          write(Vector.AVERAGES, vector);
        }
      }

      /** All averages at once: the vector has room for them all. */
      @Override
      public void putMoment(int index, float[] vector, int offset) {
        if (index == 0) {
          compare();
          System.arraycopy(ranks.read(Vector.AVERAGES), 0, vector, 0, vector.length);
        }
      }
    };
  }

  /** That of all ranks, whose devices are as fast as the one at hand. */
  @Override
  public OptionalDouble productPeak(int size) {
    OptionalDouble one = local.productPeak(size);
    return one.isPresent() ? OptionalDouble.of(ranks.size() * one.getAsDouble()) : one;
  }

  /** Gives the network at hand the present parameters. */
  private void update() {
    enter();
    if (localVersion != version) {
      float[] parameters = new float[length];
      readParameters(parameters);
      local.writeParameters(parameters);
      localVersion = version;
    }
  }

  @Override
  protected VectorSession open(int lanes) {
    Engine.Session session = local.session(lanes);
    return new VectorSession(lanes) {
      @Override
      public Engine.Score score(Segment segment) {
        check(segment.lanes());
        update();
        return session.score(segment);
      }

      @Override
      public float[] next(int[] characters) {
        check(characters.length);
        update();
        return session.next(characters);
      }

      @Override
      public CarriedState state() {
        return session.state();
      }

      @Override
      public void clear() {
        session.clear();
      }

      @Override
      protected void free() {
        session.close();
      }
    };
  }

  @Override
  protected void free() {
    ranks.close();
    local.close();
  }
}
