package trainer.engine.nd4j;

import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;
import trainer.cell.Views;
import trainer.config.Optimizer;
import trainer.network.CharacterNetwork;

/**
 * Updates a network's parameters in place. Overwrites the gradient; keeps its averages in the
 * network's updater state.
 */
final class Update {
  private final Optimizer optimizer;
  private final INDArray parameters; // [n]
  private final INDArray gradient; // [n]
  private final INDArray state; // [n] or [2n], or null
  private final List<INDArray> matrices; // matrices that weight decay applies to

  Update(CharacterNetwork network) {
    optimizer = network.training().optimizer();
    parameters = vector(network.params());
    gradient = vector(network.getFlattenedGradients());
    INDArray updaterState = network.getUpdater().getStateViewArray();
    state = updaterState == null ? null : vector(updaterState);
    int layers = network.model().layers().size();
    matrices =
        Stream.concat(
                IntStream.range(0, layers)
                    .mapToObj(network::layerParameters)
                    .flatMap(layer -> Stream.of(layer.inputWeights(), layer.square())),
                Stream.of(network.outputParameters().weights()))
            .toList();
  }

  private static INDArray vector(INDArray array) {
    return array.reshape(array.length());
  }

  /**
   * Applies one update.
   *
   * @param iteration updates made before this one
   */
  void apply(double learningRate, int iteration) {
    if (optimizer instanceof Optimizer.Adam adam) {
      adam(learningRate, adam.beta1(), adam.beta2(), adam.epsilon(), iteration);
    } else if (optimizer instanceof Optimizer.AdamW adam) {
      matrices.forEach(weights -> weights.muli(1 - learningRate * adam.weightDecay()));
      adam(learningRate, adam.beta1(), adam.beta2(), adam.epsilon(), iteration);
    } else if (optimizer instanceof Optimizer.RmsProp rmsProp) {
      rmsProp(learningRate, rmsProp.decay(), rmsProp.epsilon());
    } else if (optimizer instanceof Optimizer.Sgd sgd) {
      sgd(learningRate, sgd.momentum());
    } else {
      throw new IllegalArgumentException("no update rule for " + optimizer);
    }
  }

  /**
   * m = β1 · m + (1 - β1) · g; v = β2 · v + (1 - β2) · g²; w -= rate · m̂ / (√v̂ + ε), where m̂ = m
   * / (1 - β1^t) and v̂ = v / (1 - β2^t). Deeplearning4j adds ε to √v instead.
   */
  private void adam(double rate, double beta1, double beta2, double epsilon, int iteration) {
    long n = parameters.length();
    INDArray m = Views.elements(state, 0, n);
    INDArray v = Views.elements(state, n, 2 * n);
    int t = iteration + 1;
    m.muli(beta1).addi(gradient.mul(1 - beta1));
    v.muli(beta2).addi(gradient.muli(gradient).muli(1 - beta2));
    INDArray divisor = v.div(1 - Math.pow(beta2, t));
    Transforms.sqrt(divisor, false).addi(epsilon);
    parameters.subi(m.div(divisor).muli(rate / (1 - Math.pow(beta1, t))));
  }

  /** v = decay · v + (1 - decay) · g²; w -= rate · g / (√v + ε) */
  private void rmsProp(double rate, double decay, double epsilon) {
    state.muli(decay).addi(gradient.mul(gradient).muli(1 - decay));
    INDArray divisor = Transforms.sqrt(state, true).addi(epsilon);
    parameters.subi(gradient.divi(divisor).muli(rate));
  }

  /** u = momentum · u + g; w -= rate · u */
  private void sgd(double rate, double momentum) {
    if (state == null) {
      parameters.subi(gradient.muli(rate));
    } else {
      parameters.subi(state.muli(momentum).addi(gradient).mul(rate));
    }
  }
}
