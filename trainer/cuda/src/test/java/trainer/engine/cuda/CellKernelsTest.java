package trainer.engine.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static trainer.engine.cuda.EmulatedKernels.assertClose;

import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import trainer.config.Layer.CellType;

/**
 * The cells' kernels, compiled as C++: forward against the equations in double precision, backward
 * against finite differences of them.
 */
@Tag("slow")
class CellKernelsTest {
  private static final double FORWARD = 8 * 0x1p-24;

  /** Rounding errors of the kernel; those of the differences are below 1e-9. */
  private static final double BACKWARD = 32 * 0x1p-24;

  private static final double STEP = 1e-5;

  static Stream<Arguments> sizes() {
    return Arrays.stream(CellType.values())
        .flatMap(
            cell ->
                Stream.of(
                    Arguments.of(cell, 1, 1),
                    Arguments.of(cell, 3, 17),
                    Arguments.of(cell, 17, 3),
                    Arguments.of(cell, 1, 257),
                    Arguments.of(cell, 257, 1),
                    Arguments.of(cell, 33, 33)));
  }

  @ParameterizedTest
  @MethodSource("sizes")
  void aStepForwardIsThatOfTheEquations(CellType cell, int lanes, int units) {
    PlainStep step = new PlainStep(cell, lanes, units);
    for (boolean firstLayer : new boolean[] {true, false}) {
      try (EmulatedKernels gpu = new EmulatedKernels()) {
        StepOnGpu found = new StepOnGpu(gpu, step);
        found.forward(firstLayer);
        assertClose("h", found.hidden(), step.hidden(), FORWARD);
        found.assertHiddenCopied();
        if (step.shape.hasMemory()) {
          assertClose("c", found.cell(), step.cell(), FORWARD);
        }
        if (step.shape.gates().size() > 1) { // else the gate is h
          assertClose("gates", found.gates(), step.gates(), FORWARD);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("sizes")
  void aStepBackwardIsTheSlopeOfTheEquations(CellType cell, int lanes, int units) {
    PlainStep step = new PlainStep(cell, lanes, units);
    try (EmulatedKernels gpu = new EmulatedKernels()) {
      StepOnGpu found = new StepOnGpu(gpu, step);
      found.forward(true);
      found.backward(false);
      int gates = step.shape.sums();
      double[] slopes = new double[lanes * gates * units];
      double[] before = new double[lanes * units];
      for (int lane = 0; lane < lanes; lane++) {
        for (int unit = 0; unit < units; unit++) {
          for (int gate = 0; gate < gates; gate++) {
            slopes[(lane * gates + gate) * units + unit] = slope(step, lane, unit, gate);
          }
          before[lane * units + unit] = slope(step, lane, unit, gates);
        }
      }
      assertClose("gradients of the gates", found.gates(), slopes, BACKWARD);
      found.assertGatesCopied();
      if (step.shape.hasMemory()) {
        assertClose("gradient of c'", found.dCell(), before, BACKWARD);
      } else if (cell == CellType.GRU) {
        assertClose("gradient of h'", found.dHiddenBefore(), before, BACKWARD);
      }
    }
  }

  /** The slope along a pre-activation; past the last one, along the previous state. */
  private static double slope(PlainStep step, int lane, int unit, int gate) {
    return (step.weighed(lane, unit, gate, STEP) - step.weighed(lane, unit, gate, -STEP))
        / (2 * STEP);
  }

  /** The last step has no gradient from a next step. */
  @ParameterizedTest
  @ValueSource(strings = {"LSTM", "GRAVES_LSTM"})
  void theLastStepTakesNoGradientOfTheMemory(CellType cell) {
    PlainStep step = new PlainStep(cell, 3, 17);
    try (EmulatedKernels gpu = new EmulatedKernels()) {
      StepOnGpu last = new StepOnGpu(gpu, step);
      last.forward(true);
      last.backward(true);
      Arrays.fill(step.dCell, 0f);
      StepOnGpu zero = new StepOnGpu(gpu, step);
      zero.forward(true);
      zero.backward(false);
      assertThat(last.gates()).isEqualTo(zero.gates());
      assertThat(last.dCell()).isEqualTo(zero.dCell());
    }
  }
}
