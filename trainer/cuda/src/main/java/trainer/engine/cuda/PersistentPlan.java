package trainer.engine.cuda;

import java.util.Optional;
import trainer.cell.CellLayout;
import trainer.config.Compute.Precision;
import trainer.cuda.GpuProperties;

/**
 * How the blocks of persistent.cu share a layer's recurrence: each block has one group of lanes and
 * one slice of units. The constants are those of persistent.cu.
 *
 * @param laneTiles tiles of 16 lanes per block
 * @param unitTiles tiles of 16 units per block
 * @param sharedBytes shared memory per block
 */
record PersistentPlan(int laneTiles, int unitTiles, int groups, int slices, int sharedBytes) {
  private static final int TILE = 16;
  private static final int DEPTH_PARTS = 4;
  private static final int ROWS_OF_WARP = 32;

  enum Direction {
    FORWARD,
    BACKWARD
  }

  /** The recurrence of a layer. */
  record Work(CellLayout cell, int units, int lanes, Precision precision, Direction direction) {

    /** Shared memory of a block, bytes. */
    private long sharedBytes(int unitTiles) {
      int numbers = precision == Precision.BFLOAT16 ? 2 : 1; // per word
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
   * The plan with the least estimated time per step, if one fits: all blocks must be resident, one
   * per multiprocessor. The estimate assumes that multiplying a tile of lanes by a tile of units
   * takes twice as long as moving the tile of lanes.
   */
  static Optional<PersistentPlan> of(GpuProperties gpu, Work work) {
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
