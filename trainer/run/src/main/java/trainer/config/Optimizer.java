package trainer.config;

import trainer.config.binding.Default;
import trainer.config.binding.Describe;
import trainer.config.binding.Range;
import trainer.config.binding.Rules;

/** Computes an update from a gradient. */
public sealed interface Optimizer {
  /** Learning rate before the schedule. */
  double learningRate();

  /** Number of moments stored per parameter. */
  int moments();

  /** Whether its moments can be replaced by another's; Adam and AdamW keep the same two. */
  default boolean sharesMoments(Optimizer other) {
    boolean adam = moments() == 2;
    return moments() > 0
        && moments() == other.moments()
        && (adam || getClass() == other.getClass());
  }

  /** Kingma and Ba, 2015. */
  record Adam(
      @Describe(RATE) @Default("0.002") @Range("(0, inf)") double learningRate,
      @Describe(BETA_1) @Default("0.9") @Range("[0, 1)") double beta1,
      @Describe(BETA_2) @Default("0.999") @Range("[0, 1)") double beta2,
      @Describe(EPSILON) @Default("1.0e-8") @Range("(0, inf)") double epsilon)
      implements Optimizer {

    public Adam {
      Rules.of(Adam.class, learningRate, beta1, beta2, epsilon).check();
    }

    @Override
    public int moments() {
      return 2;
    }
  }

  /** Adam with decoupled weight decay on weights, not biases; Loshchilov and Hutter, 2019. */
  record AdamW(
      @Describe(RATE) @Default("0.002") @Range("(0, inf)") double learningRate,
      @Describe(BETA_1) @Default("0.9") @Range("[0, 1)") double beta1,
      @Describe(BETA_2) @Default("0.999") @Range("[0, 1)") double beta2,
      @Describe(EPSILON) @Default("1.0e-8") @Range("(0, inf)") double epsilon,
      @Describe("decoupled decay of weights, without biases") @Default("0.01") @Range("[0, inf)")
          double weightDecay)
      implements Optimizer {

    public AdamW {
      Rules.of(AdamW.class, learningRate, beta1, beta2, epsilon, weightDecay).check();
    }

    @Override
    public int moments() {
      return 2;
    }
  }

  /** Tieleman and Hinton, 2012. */
  record RmsProp(
      @Describe(RATE) @Default("0.002") @Range("(0, inf)") double learningRate,
      @Describe("decay of the mean squared gradient") @Default("0.95") @Range("[0, 1)")
          double decay,
      @Describe(EPSILON) @Default("1.0e-8") @Range("(0, inf)") double epsilon)
      implements Optimizer {

    public RmsProp {
      Rules.of(RmsProp.class, learningRate, decay, epsilon).check();
    }

    @Override
    public int moments() {
      return 1;
    }
  }

  /** Stochastic gradient descent with heavy-ball momentum. */
  record Sgd(
      @Describe(RATE) @Default("0.1") @Range("(0, inf)") double learningRate,
      @Describe("heavy-ball momentum; 0: none") @Default("0.9") @Range("[0, 1)") double momentum)
      implements Optimizer {

    public Sgd {
      Rules.of(Sgd.class, learningRate, momentum).check();
    }

    @Override
    public int moments() {
      return momentum == 0 ? 0 : 1;
    }
  }

  /** Describes {@code learning_rate}. */
  String RATE = "learning rate, before the schedule";

  /** Describes {@code beta1}. */
  String BETA_1 = "decay of the mean gradient";

  /** Describes {@code beta2}. */
  String BETA_2 = "decay of the mean squared gradient";

  /** Describes {@code epsilon}. */
  String EPSILON = "added to the root of the mean squared gradient";
}
