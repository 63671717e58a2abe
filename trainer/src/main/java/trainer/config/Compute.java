package trainer.config;

/** What computes, and with how much of the machine. */
public record Compute(EngineType engine, int threads, Precision precision) {

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
