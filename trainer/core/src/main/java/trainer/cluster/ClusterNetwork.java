package trainer.cluster;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import trainer.cluster.Commands.Vector;
import trainer.config.Layer;
import trainer.engine.CarriedState;
import trainer.engine.Engine;
import trainer.engine.TrainingStep;
import trainer.engine.TreeOrder;
import trainer.engine.VectorNetwork;
import trainer.engine.VectorSession;
import trainer.engine.VectorWeights;
import trainer.text.Segment;

/**
 * A network that ranks train together. Each has all parameters, and its share of the lanes with
 * their carried state. The driver's own copy computes forward passes, for validation and samples.
 */
final class ClusterNetwork extends VectorNetwork<TrainingStep> {
  /** Iterations after which the ranks' parameters are compared. */
  private static final int COMPARED_EVERY = 100;

  private final RankGroup ranks;
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
  ClusterNetwork(
      List<Layer> layers, RankGroup ranks, VectorNetwork<?> local, int length, int moments) {
    super(layers);
    this.ranks = ranks;
    this.local = local;
    this.length = length;
    this.moments = moments;
  }

  /** Training on all ranks. They grow their own buffers, so segments have any length. */
  private final class Step implements TrainingStep {
    private final int lanes;
    private final int lanesPerRank;

    Step(int lanes) {
      if (lanes % ranks.size() != 0) {
        throw new IllegalArgumentException(
            "%d lanes cannot be shared by %d workers".formatted(lanes, ranks.size()));
      }
      this.lanes = lanes;
      lanesPerRank = lanes / ranks.size();
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
      Engine.Step step = compute(Commands.TRAIN, segment, learningRate, iteration);
      if ((iteration + 1) % COMPARED_EVERY == 0) {
        compare();
      }
      return step;
    }

    @Override
    public Engine.Step gradient(Segment segment, int iteration) {
      return compute(Commands.GRADIENT, segment, 0, iteration);
    }

    private Engine.Step compute(byte command, Segment segment, double rate, int iteration) {
      int bytes = 12 + Commands.bytes(segment.length(), lanesPerRank);
      ByteBuffer[] answers =
          ranks.askAll(
              command,
              bytes,
              (rank, to) -> {
                to.putInt(iteration).putDouble(rate);
                Commands.put(to, Commands.lanes(segment, rank * lanesPerRank, lanesPerRank));
              });
      double loss = TreeOrder.sum(doubles(answers));
      double[] norms = doubles(answers);
      for (double norm : norms) {
        if (Double.compare(norm, norms[0]) != 0) {
          throw disagreement("norms of the gradient", Arrays.toString(norms));
        }
      }
      return new Engine.Step(loss, norms[0]);
    }

    @Override
    public CarriedState state() {
      ByteBuffer[] answers = ranks.askAll(Commands.STATE, 0, (rank, to) -> {});
      return CarriedState.join(Arrays.stream(answers).map(Commands::state).toList());
    }

    @Override
    public void state(CarriedState state) {
      CarriedState first = state.lanes(0, lanesPerRank);
      ranks.tellAll(
          Commands.SET_STATE,
          Commands.bytes(first),
          (rank, to) -> Commands.put(to, state.lanes(rank * lanesPerRank, lanesPerRank)));
    }

    @Override
    public void close() {}
  }

  private static double[] doubles(ByteBuffer[] answers) {
    return Arrays.stream(answers).mapToDouble(ByteBuffer::getDouble).toArray();
  }

  private static WorkersLostException disagreement(String what, String values) {
    return new WorkersLostException(
        "the workers have different %s (%s): a machine computes wrongly".formatted(what, values));
  }

  /** Checks that all ranks have the same parameters and averages. */
  private void compare() {
    if (compared == version) {
      return;
    }
    ByteBuffer[] answers = ranks.askAll(Commands.CHECKSUM, 0, (rank, to) -> {});
    long[] sums = Arrays.stream(answers).mapToLong(ByteBuffer::getLong).toArray();
    for (long sum : sums) {
      if (sum != sums[0]) {
        throw disagreement(
            "parameters",
            "checksums "
                + String.join(", ", Arrays.stream(sums).mapToObj(Long::toHexString).toList()));
      }
    }
    compared = version;
  }

  private float[] read(Vector which) {
    return Commands.floats(ranks.askOne(Commands.READ, 1, which::put));
  }

  private void write(Vector which, float[] vector) {
    version++;
    ranks.tellAll(
        Commands.WRITE,
        1 + Float.BYTES * vector.length,
        (rank, to) -> {
          which.put(to);
          Commands.put(to, vector);
        });
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
        write(Vector.PARAMETERS, vector.clone()); // it is sent later
      }

      @Override
      public void putParameters(float[] vector) {
        compare();
        System.arraycopy(read(Vector.PARAMETERS), 0, vector, 0, length);
      }

      @Override
      public void putGradient(float[] vector) {
        System.arraycopy(read(Vector.GRADIENT), 0, vector, 0, length);
      }

      /** All averages at once: the vector holds them all. */
      @Override
      public void takeMoment(int index, float[] vector, int offset) {
        if (index == 0) {
          write(Vector.AVERAGES, vector.clone());
        }
      }

      /** All averages at once: the vector has room for them all. */
      @Override
      public void putMoment(int index, float[] vector, int offset) {
        if (index == 0) {
          compare();
          System.arraycopy(read(Vector.AVERAGES), 0, vector, 0, vector.length);
        }
      }
    };
  }

  /** The driver's network, with the present parameters. */
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
