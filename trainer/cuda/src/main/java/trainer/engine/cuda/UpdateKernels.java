package trainer.engine.cuda;

import trainer.cuda.Kernels;
import trainer.engine.UpdateRule;

/** Launches the kernel of an update rule: update.cu. */
final class UpdateKernels {
  private UpdateKernels() {}

  /**
   * The arrays of an update, as addresses.
   *
   * @param decayed the first elements, to which weight decay applies
   * @param cut bound of an element of the gradient
   * @param control struct Control: the update's rates
   * @param scale factor of the gradient, from clipping
   */
  record Vectors(
      int length,
      int decayed,
      float cut,
      long control,
      long scale,
      long gradient,
      long parameters,
      long[] moments) {}

  /** Updates all parameters. */
  static void launch(Kernels kernels, UpdateRule rule, Vectors v) {
    if (rule instanceof UpdateRule.Adam adam) {
      kernels.forElements(
          "adam",
          v.length(),
          v.length(),
          v.decayed(),
          (float) adam.beta1(),
          (float) (1 - adam.beta1()),
          (float) adam.beta2(),
          (float) (1 - adam.beta2()),
          v.cut(),
          v.control(),
          v.scale(),
          v.gradient(),
          v.parameters(),
          v.moments()[0],
          v.moments()[1]);
    } else if (rule instanceof UpdateRule.RmsProp rmsProp) {
      kernels.forElements(
          "rmsprop",
          v.length(),
          v.length(),
          (float) rmsProp.decay(),
          (float) (1 - rmsProp.decay()),
          v.cut(),
          v.control(),
          v.scale(),
          v.gradient(),
          v.parameters(),
          v.moments()[0]);
    } else if (rule instanceof UpdateRule.Sgd sgd) {
      kernels.forElements(
          "sgd",
          v.length(),
          v.length(),
          (float) sgd.momentum(),
          v.cut(),
          v.control(),
          v.scale(),
          v.gradient(),
          v.parameters(),
          sgd.momentum() == 0 ? 0L : v.moments()[0]);
    }
  }
}
