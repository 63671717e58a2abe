package trainer.config;

import trainer.config.binding.Default;
import trainer.config.binding.Describe;
import trainer.config.binding.Range;
import trainer.config.binding.Rules;

/** What computes, and with how much of the machine. */
public record Compute(
    @Describe("what computes; auto: the fastest that works here") @Default("auto")
        EngineType engine,
    @Describe("CPU threads; 0: all cores; in nd4j one, which is fastest there")
        @Default("0")
        @Range("[0, 1024]")
        int threads,
    @Describe("arithmetic of the matrix products") @Default("float32") Precision precision) {

  public Compute {
    Rules.of(Compute.class, engine, threads, precision).check();
  }

  /** The engines a configuration can name. */
  public enum EngineType {
    AUTO,
    CPU,
    CUDA,
    ND4J
  }

  /** Arithmetic of the products. */
  public enum Precision {
    FLOAT32,
    TF32,
    BFLOAT16
  }
}
