package trainer.engine.cuda;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import trainer.cell.CellLayout;
import trainer.config.Compute.Precision;
import trainer.cuda.GpuProperties;

/**
 * How the blocks of persistent.cu share a layer's recurrence: each block has one group of lanes and
 * one slice of units. The constants are those of persistent.cu and tiles.cuh.
 *
 * @param laneTiles tiles of 16 lanes per block
 * @param unitTiles tiles of 16 units per block
 * @param inClusters whether the blocks of a group are a thread-block cluster
 * @param sharedBytes shared memory per block
 * @param cycles estimated time of a step
 */
record PersistentPlan(
    int laneTiles,
    int unitTiles,
    int groups,
    int slices,
    boolean inClusters,
    int sharedBytes,
    int cycles) {
  /** First compute capability with clusters. */
  static final int CLUSTERS = 90;

  /** Blocks of a cluster; more than 8 only where the driver says so. */
  private static final int MOST_OF_CLUSTER = 16;

  private static final int TILE = 16;
  private static final int THREADS = 256;
  private static final int DEPTH_PARTS = 4;
  private static final int ROWS_OF_PIECE = 256;
  private static final int ROW_TILES = 4;
  private static final int MOST_UNIT_TILES = 4;
  private static final int HELD = 56;

  enum Direction {
    FORWARD,
    BACKWARD
  }

  /** The recurrence of a layer. */
  record Work(CellLayout cell, int units, int lanes, Precision precision, Direction direction) {

    /** Numbers in a word of a factor. */
    private int numbers() {
      return precision == Precision.BFLOAT16 ? 2 : 1;
    }

    /** Columns of R of a tile of units. */
    private int columns() {
      return cell.fromRecurrence() * TILE;
    }

    /** Words of a row of the left factor, padded. */
    private int depth(int unitTiles) {
      return direction == Direction.FORWARD
          ? multipleOf(8 * DEPTH_PARTS, parts(units, numbers()))
          : unitTiles * columns() / numbers();
    }

    /** Fragments of R of a warp. */
    private int fragments(int unitTiles) {
      return direction == Direction.FORWARD
          ? unitTiles * depth(unitTiles) / DEPTH_PARTS / 8 * cell.fromRecurrence()
          : parts(units, ROWS_OF_PIECE) * depth(unitTiles) / 8 * ROW_TILES;
    }

    private int fragmentsInSharedMemory(int unitTiles) {
      int held = precision == Precision.FLOAT32 ? 0 : HELD;
      return Math.max(0, fragments(unitTiles) - held);
    }

    /** Shared memory of a block, without words that blocks exchange. */
    private long sharedBytes(int unitTiles) {
      int tile = TILE * (depth(unitTiles) + 4);
      long words =
          direction == Direction.FORWARD
              ? tile + DEPTH_PARTS * TILE * (columns() + 8)
              : Math.max(tile, THREADS);
      return Integer.BYTES * (words + 2L * THREADS * fragmentsInSharedMemory(unitTiles));
    }

    /** Bytes of a word that blocks exchange. */
    private int wordBytes() {
      boolean alone = // the number of the exchange fits into the word
          direction == Direction.FORWARD
              ? precision == Precision.TF32
              : precision != Precision.FLOAT32;
      return alone ? Integer.BYTES : Long.BYTES;
    }

    /** Bytes of a lane that a block receives in a step: h of all units, or shares for its own. */
    private int laneBytes(int unitTiles, int slices) {
      return direction == Direction.FORWARD
          ? multipleOf(16, parts(units, numbers()) * wordBytes())
          : slices * unitTiles * TILE * wordBytes();
    }

    /** Bytes of the words that a block receives: two buffers. */
    private long receivedBytes(int laneTiles, int unitTiles, int slices) {
      return 2L * laneTiles * TILE * laneBytes(unitTiles, slices);
    }

    /** Sums of the backward pass, in rows of the units. */
    int sums() {
      return cell.hasMemory() ? cell.sums() + 3 : cell.sums();
    }

    /**
     * A model of a step, not measured: a trip to the L2 cache, or to another block of a cluster,
     * and the waiting for other blocks; bytes that a block reads and writes there, or writes to the
     * others; products; the gates.
     */
    private int cycles(int laneTiles, int unitTiles, int slices, boolean inClusters) {
      int bytes = TILE * laneBytes(unitTiles, slices);
      int moved = direction == Direction.FORWARD || inClusters ? bytes : 2 * bytes;
      int trip = inClusters ? 200 : 500;
      int product = fragments(unitTiles) * (precision == Precision.FLOAT32 ? 80 : 16);
      int read = fragmentsInSharedMemory(unitTiles) * 16;
      int move = moved / (inClusters ? 12 : 24);
      return trip + laneTiles * (trip + move + product + read + 300 * unitTiles);
    }

    private PersistentPlan plan(
        int laneTiles, int unitTiles, int slices, boolean inClusters, long sharedBytes) {
      return new PersistentPlan(
          laneTiles,
          unitTiles,
          parts(lanes, laneTiles * TILE),
          slices,
          inClusters,
          (int) sharedBytes,
          cycles(laneTiles, unitTiles, slices, inClusters));
    }
  }

  int blocks() {
    return groups * slices;
  }

  /** Blocks of a cluster, for which the kernel is compiled; 0: none. */
  int cluster() {
    return inClusters ? slices : 0;
  }

  /** Bytes of global memory for what blocks exchange. */
  long exchangedBytes(Work work) {
    int inboxes = // of a group
        work.direction() == Direction.FORWARD ? 1 : slices;
    return inClusters
        ? 0
        : (long) groups * inboxes * work.receivedBytes(laneTiles, unitTiles, slices);
  }

  /** The plan with the least estimated time, if one fits: one block per multiprocessor. */
  static Optional<PersistentPlan> of(GpuProperties gpu, Work work) {
    return plans(gpu, work, false).stream().findFirst();
  }

  /** Plans in clusters, the one with the least estimated time first. */
  static List<PersistentPlan> inClusters(GpuProperties gpu, Work work) {
    return gpu.capability() < CLUSTERS ? List.of() : plans(gpu, work, true);
  }

  private static List<PersistentPlan> plans(GpuProperties gpu, Work work, boolean inClusters) {
    List<PersistentPlan> plans = new ArrayList<>();
    for (int unitTiles = 1;
        unitTiles <= Math.min(MOST_UNIT_TILES, parts(work.units(), TILE));
        unitTiles++) {
      int slices = parts(work.units(), unitTiles * TILE);
      int mostGroups = gpu.multiprocessors() / slices;
      if (mostGroups == 0 || (inClusters && slices > MOST_OF_CLUSTER)) {
        continue;
      }
      int fewest = parts(parts(work.lanes(), TILE), mostGroups);
      // The multiprocessors that clusters leave over are unknown here: also with half the groups.
      int most = inClusters ? 2 * fewest : fewest;
      for (int laneTiles = fewest; laneTiles <= most; laneTiles += fewest) {
        long bytes =
            work.sharedBytes(unitTiles)
                + (inClusters ? work.receivedBytes(laneTiles, unitTiles, slices) : 0);
        if (bytes <= gpu.sharedMemory()) {
          plans.add(work.plan(laneTiles, unitTiles, slices, inClusters, bytes));
        }
      }
    }
    plans.sort(Comparator.comparingInt(PersistentPlan::cycles));
    return plans;
  }

  private static int parts(int number, int of) {
    return (number + of - 1) / of;
  }

  private static int multipleOf(int divisor, int number) {
    return parts(number, divisor) * divisor;
  }
}
