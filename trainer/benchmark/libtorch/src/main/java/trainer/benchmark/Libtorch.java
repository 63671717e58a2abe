package trainer.benchmark;

import static org.bytedeco.pytorch.global.torch.clip_grad_norm_;
import static org.bytedeco.pytorch.global.torch.cross_entropy;
import static org.bytedeco.pytorch.global.torch.one_hot;
import static org.bytedeco.pytorch.global.torch.set_num_threads;
import static org.bytedeco.pytorch.global.torch.zeros;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Adam;
import org.bytedeco.pytorch.AdamOptions;
import org.bytedeco.pytorch.GRUImpl;
import org.bytedeco.pytorch.GRUOptions;
import org.bytedeco.pytorch.LSTMImpl;
import org.bytedeco.pytorch.LSTMOptions;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.T_TensorT_TensorTensor_T_T;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Trains with libtorch's LSTM or GRU, linear layer, cross-entropy, backward pass, clipping and
 * Adam. The one-hot input is prepared in advance, which favours this side.
 */
@SuppressWarnings("try") // scopes are only closed
final class Libtorch implements Side {
  private final Workload workload;
  private final LSTMImpl lstm; // null in a GRU network
  private final GRUImpl gru; // null in an LSTM network
  private final LinearImpl output;
  private final TensorVector parameters = new TensorVector();
  private final Adam optimizer;
  private final List<Tensor> inputs = new ArrayList<>();
  private final List<Tensor> targets = new ArrayList<>();
  private final Tensor hidden;
  private final Tensor memory;
  private boolean aligned;

  private Libtorch(Workload.Given given) {
    workload = given.workload();
    int vocabulary = workload.vocabulary();
    int size = workload.size();
    switch (workload.cell()) {
      case LSTM -> {
        LSTMOptions options = new LSTMOptions(vocabulary, size);
        options.num_layers().put(workload.layers());
        lstm = new LSTMImpl(options);
        gru = null;
        addAll(lstm.parameters());
      }
      case GRU -> {
        GRUOptions options = new GRUOptions(vocabulary, size);
        options.num_layers().put(workload.layers());
        lstm = null;
        gru = new GRUImpl(options);
        addAll(gru.parameters());
      }
      default -> throw new IllegalArgumentException("libtorch has no " + workload.cell().title);
    }
    output = new LinearImpl(size, vocabulary);
    addAll(output.parameters());
    try (NoGradGuard guard = new NoGradGuard()) {
      new LibtorchParameters(workload, given.parameters()).copyTo(parameters);
    }
    optimizer = new Adam(parameters, new AdamOptions(Workload.LEARNING_RATE));
    for (int segment = 0; segment < Workload.SEGMENTS; segment++) {
      Tensor characters = indices(given.characters(segment, 0));
      inputs.add(
          one_hot(characters, vocabulary)
              .to(ScalarType.Float)
              .reshape(workload.length(), workload.lanes(), vocabulary));
      targets.add(indices(given.characters(segment, 1)));
    }
    hidden = zeros(workload.layers(), workload.lanes(), size);
    memory = zeros(workload.layers(), workload.lanes(), size);
  }

  private void addAll(TensorVector tensors) {
    for (long i = 0; i < tensors.size(); i++) {
      parameters.push_back(tensors.get(i));
    }
  }

  private static Tensor indices(int[] characters) {
    return Tensor.create(IntStream.of(characters).asLongStream().toArray());
  }

  @Override
  public void alignParameters(boolean align) {
    aligned = align;
  }

  @Override
  public double step(int segment) {
    try (PointerScope scope = new PointerScope()) {
      optimizer.zero_grad();
      Tensor input = inputs.get(segment);
      Tensor states;
      Tensor lastHidden;
      Tensor lastMemory = null;
      if (lstm != null) {
        T_TensorT_TensorTensor_T_T result =
            lstm.forward(input, new T_TensorTensor_T(hidden, memory));
        states = result.get0();
        lastHidden = result.get1().get0();
        lastMemory = result.get1().get1();
      } else {
        T_TensorTensor_T result = gru.forward(input, hidden);
        states = result.get0();
        lastHidden = result.get1();
      }
      Tensor logits = output.forward(states).view(-1, workload.vocabulary());
      Tensor loss = cross_entropy(logits, targets.get(segment));
      loss.backward();
      if (aligned) {
        LibtorchParameters.clearSecondBiases(workload, parameters);
      }
      clip_grad_norm_(parameters, Workload.CLIPPING_NORM);
      optimizer.step();
      if (workload.carried()) {
        hidden.copy_(lastHidden.detach());
        if (lastMemory != null) {
          memory.copy_(lastMemory.detach());
        }
      }
      return loss.item_float();
    }
  }

  /** {@code Libtorch WORKLOAD_FILE THREADS}. */
  public static void main(String[] arguments) throws IOException {
    set_num_threads(Integer.parseInt(arguments[1]));
    new Libtorch(Workload.Given.read(Path.of(arguments[0]))).serve();
  }
}
