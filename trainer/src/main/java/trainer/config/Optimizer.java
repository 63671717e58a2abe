package trainer.config;

/** How a gradient becomes a change of the parameters. */
public sealed interface Optimizer {
  /** The rate that the schedule starts from. */
  double learningRate();

  /** Kingma and Ba, 2015. */
  record Adam(double learningRate, double beta1, double beta2, double epsilon)
      implements Optimizer {}

  /** Adam with decoupled weight decay on weights, not biases; Loshchilov and Hutter, 2019. */
  record AdamW(double learningRate, double beta1, double beta2, double epsilon, double weightDecay)
      implements Optimizer {}

  /** Tieleman and Hinton, 2012. */
  record RmsProp(double learningRate, double decay, double epsilon) implements Optimizer {}

  /** Stochastic gradient descent with heavy-ball momentum. */
  record Sgd(double learningRate, double momentum) implements Optimizer {}
}
