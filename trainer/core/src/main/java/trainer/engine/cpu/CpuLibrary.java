package trainer.engine.cpu;

import trainer.config.Compute.Precision;

/**
 * What computes the cpu engine's matrix products on this machine.
 *
 * @param name such as {@code oneDNN 2.5.2}
 * @param instructions the vector instructions that it uses, such as {@code AVX-512}
 * @param bfloat16 whether it multiplies in bfloat16 here
 */
public record CpuLibrary(String name, String instructions, boolean bfloat16) {
  /** Loads the library. */
  public static CpuLibrary ofThisMachine() {
    try (Products products = Products.best(Precision.FLOAT32)) {
      String[] parts = products.description().split(", ", 2);
      return new CpuLibrary(
          parts[0], parts.length == 1 ? "unknown" : parts[1], DnnlProducts.hasBfloat16());
    }
  }
}
