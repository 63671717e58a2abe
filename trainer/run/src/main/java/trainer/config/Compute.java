package trainer.config;

import java.util.List;
import trainer.config.binding.Default;
import trainer.config.binding.Describe;
import trainer.config.binding.Range;
import trainer.config.binding.Rules;
import trainer.config.binding.Selection;

/** Engine, division of the work and precision. */
public record Compute(
    @Describe("the engine; auto: the fastest one available") @Default("auto") EngineType engine,
    @Describe("CPU threads; 0: all cores, or 1 on nd4j, its fastest")
        @Default("0")
        @Range("[0, 1024]")
        int threads,
    @Describe(
            "groups of lanes, each trained by one thread on the cpu engine, so that results do not"
                + " depend on the number of threads, workers or GPUs; 0: one group, whose hidden"
                + " units threads share; null: one for each thread, worker or GPU where that is"
                + " fast (docs/performance.md), else 0, and a resumed run stays as it began")
        @Default("null")
        @Range("[0, 1024]")
        Integer laneGroups,
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
        int workers,
    @Describe(
            "GPUs of this machine that train together, each a share of the lane groups: all, the"
                + " first N, or those with these indices (docs/cuda.md); gives the same results for"
                + " every number of GPUs with the same compute.lane_groups")
        @Default("1")
        @Range("[1, 64]")
        Selection gpus,
    @Describe(
            "how a GPU runs the time steps of a layer: steps, one after the other; persistent, all"
                + " in one kernel where the layer fits; clusters, the same in thread-block clusters"
                + " where the GPU has them; auto: what is faster for this network when a run starts"
                + " on a GPU, and a resumed run stays as it began")
        @Default("auto")
        Recurrence recurrence) {

  public Compute {
    Rules.of(Compute.class, engine, threads, laneGroups, precision, workers, gpus, recurrence)
        .and(
            workers <= 1 || engine == null || engine == EngineType.AUTO || engine == EngineType.CPU,
            "workers",
            "engine",
            "must be 1 unless compute.engine is cpu or auto")
        .and(
            areShared(laneGroups, workers),
            "lane_groups",
            "workers",
            "must be compute.workers times a power of two, such as %d"
                .formatted(Math.max(1, workers) * 2))
        .and(
            isOne(gpus) || (workers <= 1 && engine != EngineType.CPU && engine != EngineType.ND4J),
            "gpus",
            workers > 1 ? "workers" : "engine",
            workers > 1
                ? "must be 1 with compute.workers above 1"
                : "must be 1 unless compute.engine is cuda or auto")
        .and(
            areShared(laneGroups, count(gpus)),
            "lane_groups",
            "gpus",
            "must be the number of compute.gpus times a power of two, such as %d"
                .formatted(count(gpus) * 2))
        .check();
  }

  /** With a recurrence that is left open. */
  public Compute(
      EngineType engine,
      int threads,
      Integer laneGroups,
      Precision precision,
      int workers,
      Selection gpus) {
    this(engine, threads, laneGroups, precision, workers, gpus, Recurrence.AUTO);
  }

  /** With at most one GPU. */
  public Compute(
      EngineType engine, int threads, Integer laneGroups, Precision precision, int workers) {
    this(engine, threads, laneGroups, precision, workers, Selection.ONE);
  }

  /** On one machine, with at most one GPU. */
  public Compute(EngineType engine, int threads, Integer laneGroups, Precision precision) {
    this(engine, threads, laneGroups, precision, 1);
  }

  private static boolean isOne(Selection gpus) {
    return gpus == null || gpus.equals(Selection.ONE);
  }

  private static int count(Selection gpus) {
    return gpus == null ? 1 : Math.max(1, gpus.size().orElse(1));
  }

  private static int groups(Integer laneGroups) {
    return laneGroups == null ? 0 : laneGroups;
  }

  /** Lane groups; 0 where they are left open. */
  public int groups() {
    return groups(laneGroups);
  }

  /** Ranks that train together: workers or GPUs; 1 where all GPUs are used, as many there are. */
  public int ranks() {
    return Math.max(workers, count(gpus));
  }

  /** Sums of 2ⁿ neighbours are the same wherever they are computed. */
  private static boolean areShared(Integer laneGroups, int workers) {
    return workers <= 1
        || groups(laneGroups) == 0
        || (laneGroups % workers == 0 && Integer.bitCount(laneGroups / workers) == 1);
  }

  /** The same in another precision. */
  public Compute with(Precision other) {
    return new Compute(engine, threads, laneGroups, other, workers, gpus, recurrence);
  }

  /** The same on another engine. */
  public Compute with(EngineType other) {
    return new Compute(other, threads, laneGroups, precision, workers, gpus, recurrence);
  }

  /** The same on other GPUs. */
  public Compute with(Selection others) {
    return new Compute(engine, threads, laneGroups, precision, workers, others, recurrence);
  }

  /** The same with another way of running the time steps on a GPU. */
  public Compute with(Recurrence other) {
    return new Compute(engine, threads, laneGroups, precision, workers, gpus, other);
  }

  /** The same with another number of threads. */
  public Compute withThreads(int other) {
    return new Compute(engine, other, laneGroups, precision, workers, gpus, recurrence);
  }

  /** The same with another number of lane groups. */
  public Compute withLaneGroups(int other) {
    return new Compute(engine, threads, other, precision, workers, gpus, recurrence);
  }

  /** The same on this machine alone, with at most one GPU, which runs step by step. */
  public Compute alone() {
    return new Compute(engine, threads, laneGroups, precision);
  }

  /** As a new run begins with it: a lane group per worker or GPU. */
  public Compute started() {
    return ranks() > 1 && groups() == 0 ? withLaneGroups(ranks()) : this;
  }

  /** As a checkpoint describes it. Versions that left lane groups open had none. */
  Compute recorded() {
    return withLaneGroups(groups());
  }

  /**
   * As a run that began with another resumes with it: a precision or recurrence that is left open
   * stays, and so do lane groups, if the workers or GPUs can share them.
   */
  Compute resuming(Compute began) {
    Compute resumed = precision == Precision.AUTO ? with(began.precision) : this;
    resumed = recurrence == Recurrence.AUTO ? resumed.with(began.recurrence) : resumed;
    return groups() == 0 && areShared(began.laneGroups, ranks())
        ? resumed.withLaneGroups(began.groups()).started()
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
    FLOAT32(24),
    TF32(11),
    BFLOAT16(8),
    /** Chosen when a run starts. */
    AUTO(24);

    private final int digits; // of a factor, binary

    Precision(int digits) {
      this.digits = digits;
    }

    /** The largest relative error of a rounded factor. */
    public double rounding() {
      return Math.scalb(1.0, -digits);
    }

    /** All but {@link #AUTO}. */
    public static List<Precision> fixed() {
      return List.of(FLOAT32, TF32, BFLOAT16);
    }
  }

  /** How a GPU runs the time steps of a layer. */
  public enum Recurrence {
    /** One GEMM and one kernel per step. */
    STEPS,

    /** One kernel for all steps, with the weights on the multiprocessors, if the layer fits. */
    PERSISTENT,

    /** Persistent, the blocks of a group a thread-block cluster where the GPU has room for one. */
    CLUSTERS,

    /** What is faster. */
    AUTO;

    /** All but {@link #AUTO}. */
    public static List<Recurrence> fixed() {
      return List.of(STEPS, PERSISTENT, CLUSTERS);
    }
  }
}
