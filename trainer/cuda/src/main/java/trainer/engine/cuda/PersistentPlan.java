package trainer.engine.cuda;

import java.util.Optional;
import trainer.cell.CellLayout;
import trainer.config.Compute.Precision;
import trainer.cuda.GpuProperties;

/**
 * How the blocks of persistent.cu, which has the same numbers, share a layer's recurrence: groups
 * of lanes, slices of units, one of each for a block.
 *
 * @param laneTiles of 16 lanes that a block does
 * @param unitTiles of 16 units that a block does
 * @param sharedBytes of the chip's memory that a block takes
 */
record PersistentPlan(int laneTiles, int unitTiles, int groups, int slices, int sharedBytes) {
  private static final int TILE = 16;
  private static final int DEPTH_PARTS = 4;
  private static final int ROWS_OF_WARP = 32;

  /** Tensor cores read tf32 and bfloat16 from here on. */
  private static final int TENSOR_CORES = 80;

  enum Direction {
    FORWARD,
    BACKWARD
  }

  /** A layer's recurrence. */
  record Work(CellLayout cell, int units, int lanes, Precision precision, Direction direction) {

    /** Bytes of shared memory of a block. */
    private long sharedBytes(int unitTiles) {
      int numbers = precision == Precision.BFLOAT16 ? 2 : 1; // in a word
      int columns = cell.fromRecurrence() * TILE;
      long words =
          switch (direction) {
            case FORWARD -> {
              long depth = multipleOf(8 * DEPTH_PARTS, parts(units, numbers));
              yield depth * (unitTiles * columns + 8)
                  + TILE * (depth + 4)
                  + DEPTH_PARTS * TILE * (columns + 8L);
            }
            case BACKWARD ->
                (multipleOf(ROWS_OF_WARP, units) + TILE)
                    * (unitTiles * (long) columns / numbers + 4);
          };
      return words * Integer.BYTES;
    }
  }

  int blocks() {
    return groups * slices;
  }

  /**
   * The plan by which a step takes least, where there is one: all blocks run at once, one on each
   * multiprocessor. What a step takes is guessed: for each tile of lanes, twice the time of moving
   * it in or out for each tile of units to multiply it by.
   */
  static Optional<PersistentPlan> of(GpuProperties gpu, Work work) {
    if (work.precision() != Precision.FLOAT32 && gpu.capability() < TENSOR_CORES) {
      return Optional.empty();
    }
    PersistentPlan best = null;
    for (int unitTiles = 1; unitTiles <= parts(work.units(), TILE); unitTiles++) {
      long bytes = work.sharedBytes(unitTiles);
      int slices = parts(work.units(), unitTiles * TILE);
      int mostGroups = gpu.multiprocessors() / slices;
      if (bytes > gpu.sharedMemory()) {
        break;
      }
      if (mostGroups > 0) {
        int laneTiles = parts(parts(work.lanes(), TILE), mostGroups);
        int groups = parts(work.lanes(), laneTiles * TILE);
        PersistentPlan plan = new PersistentPlan(laneTiles, unitTiles, groups, slices, (int) bytes);
        best = best == null || plan.effort() < best.effort() ? plan : best;
      }
    }
    return Optional.ofNullable(best);
  }

  private int effort() {
    return laneTiles * (2 * unitTiles + 1);
  }

  private static int parts(int number, int of) {
    return (number + of - 1) / of;
  }

  private static int multipleOf(int divisor, int number) {
    return parts(number, divisor) * divisor;
  }
}
