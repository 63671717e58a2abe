package trainer.engine.cuda;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import trainer.cuda.Kernels;
import trainer.cuda.Matrix;
import trainer.engine.UpdateRule;

/** Launches the kernel of an update rule: update.cu. */
final class UpdateKernels {
  /** As in update.cu. */
  private static final int ELEMENTS_OF_THREAD = 4;

  private UpdateKernels() {}

  /**
   * The arrays of an update, as addresses.
   *
   * @param decayed the first elements, to which weight decay applies
   * @param cut bound of an element of the gradient
   * @param control struct Control: the update's rates
   * @param scale factor of the gradient, from clipping
   * @param parameters [1, length], with the copy that products read
   */
  record Vectors(
      int length,
      int decayed,
      float cut,
      long control,
      long scale,
      long gradient,
      Matrix parameters,
      long[] moments) {}

  /** Updates all parameters by the kernel with the rule's name. */
  static void launch(Kernels kernels, UpdateRule rule, Vectors v) {
    List<Object> arguments = new ArrayList<>(List.of(v.length(), v.decayed()));
    for (float constant : rule.constants()) {
      arguments.add(constant);
    }
    arguments.addAll(List.of(v.cut(), v.control(), v.scale(), v.gradient()));
    arguments.addAll(List.of(v.parameters().address(), v.parameters().copy()));
    arguments.addAll(List.of(moment(v, 0), moment(v, 1)));
    String name = rule.getClass().getSimpleName().toLowerCase(Locale.ROOT);
    int threads = (v.length() + ELEMENTS_OF_THREAD - 1) / ELEMENTS_OF_THREAD;
    kernels.forElements(name, threads, arguments.toArray());
  }

  private static long moment(Vectors v, int index) {
    return index < v.moments().length ? v.moments()[index] : 0;
  }
}
