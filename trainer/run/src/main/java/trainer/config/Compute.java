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
        Precision precision,
    @Describe(
            "machines of an Apache Spark cluster that train together, each a share of the lane"
                + " groups; needs spark-submit (docs/cluster.md), and gives the same results for"
                + " every number of workers with the same compute.lane_groups")
        @Default("1")
        @Range("[1, 1024]")
        int workers) {

  public Compute {
    Rules.of(Compute.class, engine, threads, laneGroups, precision, workers)
        .and(
            workers <= 1 || engine == null || engine == EngineType.AUTO || engine == EngineType.CPU,
            "workers",
            "engine",
            "must be 1 unless compute.engine is cpu or auto")
        .and(
            laneGroups == 0 || areShared(laneGroups, workers),
            "lane_groups",
            "workers",
            "must be compute.workers times a power of two, such as %d"
                .formatted(Math.max(1, workers) * 2))
        .check();
  }

  /** On one machine. */
  public Compute(EngineType engine, int threads, int laneGroups, Precision precision) {
    this(engine, threads, laneGroups, precision, 1);
  }

  /** Sums of 2ⁿ neighbours are the same wherever they are computed. */
  private static boolean areShared(int laneGroups, int workers) {
    return workers <= 1
        || (laneGroups % workers == 0 && Integer.bitCount(laneGroups / workers) == 1);
  }

  /** The same in another precision. */
  public Compute with(Precision other) {
    return new Compute(engine, threads, laneGroups, other, workers);
  }

  private Compute withLaneGroups(int other) {
    return new Compute(engine, threads, other, precision, workers);
  }

  /** The same on this machine alone. */
  public Compute alone() {
    return new Compute(engine, threads, laneGroups, precision);
  }

  /** As a new run begins with it: a lane group per worker. */
  Compute started() {
    return workers > 1 && laneGroups == 0 ? withLaneGroups(workers) : this;
  }

  /**
   * As a run that began with another resumes with it: a precision that is left open stays, and so
   * do lane groups, if the workers can share them.
   */
  Compute resuming(Compute began) {
    Compute resumed = precision == Precision.AUTO ? with(began.precision) : this;
    return laneGroups == 0 && began.laneGroups > 0 && areShared(began.laneGroups, workers)
        ? resumed.withLaneGroups(began.laneGroups)
        : resumed.started();
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
