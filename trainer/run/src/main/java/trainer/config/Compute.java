package trainer.config;

import java.util.List;
import trainer.config.binding.Default;
import trainer.config.binding.Describe;
import trainer.config.binding.Range;
import trainer.config.binding.Rules;

/** Engine, division of the work and precision. */
public record Compute(
    @Describe("the engine; auto: the fastest one available") @Default("auto") EngineType engine,
    @Describe("CPU threads; 0: all cores, or 1 on nd4j, its fastest")
        @Default("0")
        @Range("[0, 1024]")
        int threads,
    @Describe(
            "groups of lanes, each trained by one thread on the cpu engine, so that results do not"
                + " depend on the number of threads; 0: threads share the hidden units of all"
                + " lanes")
        @Default("0")
        @Range("[0, 1024]")
        int laneGroups,
    @Describe(
            "precision of the factors of matrix products; tf32 and bfloat16: on GPUs; bfloat16:"
                + " also on CPUs with AVX512_BF16 or AMX; auto: bfloat16 where the cpu engine is"
                + " used and has it, else float32, and a resumed run stays as it began")
        @Default("float32")
        Precision precision) {

  public Compute {
    Rules.of(Compute.class, engine, threads, laneGroups, precision).check();
  }

  /** The same in another precision. */
  public Compute with(Precision other) {
    return new Compute(engine, threads, laneGroups, other);
  }

  /** As a run that began with another resumes with it: a precision that is left open stays. */
  Compute resuming(Compute began) {
    return precision == Precision.AUTO ? with(began.precision) : this;
  }

  /** The engines. */
  public enum EngineType {
    AUTO,
    CPU,
    CUDA,
    ND4J;

    /** Whether the engine runs on a GPU only. */
    public boolean needsGpu() {
      return this == CUDA;
    }
  }

  /** Precision of the matrix products. */
  public enum Precision {
    FLOAT32,
    TF32,
    BFLOAT16,
    /** Chosen when a run starts. */
    AUTO;

    /** All but {@link #AUTO}. */
    public static List<Precision> fixed() {
      return List.of(FLOAT32, TF32, BFLOAT16);
    }
  }
}
