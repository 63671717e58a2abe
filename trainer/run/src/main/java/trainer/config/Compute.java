package trainer.config;

import trainer.config.binding.Default;
import trainer.config.binding.Describe;
import trainer.config.binding.Range;
import trainer.config.binding.Rules;

/** Engine, threads and precision. */
public record Compute(
    @Describe("the engine; auto: the fastest one available") @Default("auto") EngineType engine,
    @Describe("CPU threads; 0: all cores, or 1 on nd4j, its fastest")
        @Default("0")
        @Range("[0, 1024]")
        int threads,
    @Describe(
            "precision of the factors of matrix products; tf32 and bfloat16: on GPUs; bfloat16: also on"
                + " CPUs with AVX512_BF16 or AMX")
        @Default("float32")
        Precision precision) {

  public Compute {
    Rules.of(Compute.class, engine, threads, precision).check();
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
    BFLOAT16
  }
}
