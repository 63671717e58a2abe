package trainer.engine.cuda;

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
 * @param sharedBytes shared memory per block
 * @param cycles estimated time of a step
 */
record PersistentPlan(
    int laneTiles, int unitTiles, int groups, int slices, int sharedBytes, int cycles) {
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

    /** Bytes of a lane that blocks exchange in a step. */
    private long laneBytes(int slices) {
      return direction == Direction.FORWARD
          ? multipleOf(16, parts(units, numbers()) * wordBytes())
          : (long) slices * units * wordBytes();
    }

    /** Sums of the backward pass, in rows of the units. */
    int sums() {
      return cell.hasMemory() ? cell.sums() + 3 : cell.sums();
    }

    /**
     * A model of a step, not measured: a trip to the L2 cache and the waiting for other blocks;
     * bytes that a block reads and writes there; products; the gates.
     */
    private int cycles(int laneTiles, int unitTiles, int slices) {
      long bytes = TILE * laneBytes(slices); // forward: all h'; backward: read and write shares
      bytes = direction == Direction.FORWARD ? bytes : 2 * bytes / slices;
      int product = fragments(unitTiles) * (precision == Precision.FLOAT32 ? 80 : 16);
      int read = fragmentsInSharedMemory(unitTiles) * 16;
      return 500 + laneTiles * (500 + (int) (bytes / 24) + product + read + 300 * unitTiles);
    }
  }

  int blocks() {
    return groups * slices;
  }

  /** Bytes of what blocks exchange: two buffers. */
  long exchangedBytes(Work work) {
    return 2L * work.lanes() * work.laneBytes(slices);
  }

  /** The plan with the least estimated time, if one fits: one block per multiprocessor. */
  static Optional<PersistentPlan> of(GpuProperties gpu, Work work) {
    PersistentPlan best = null;
    for (int unitTiles = 1;
        unitTiles <= Math.min(MOST_UNIT_TILES, parts(work.units(), TILE));
        unitTiles++) {
      long bytes = work.sharedBytes(unitTiles);
      int slices = parts(work.units(), unitTiles * TILE);
      int mostGroups = gpu.multiprocessors() / slices;
      if (bytes <= gpu.sharedMemory() && mostGroups > 0) {
        int laneTiles = parts(parts(work.lanes(), TILE), mostGroups);
        int groups = parts(work.lanes(), laneTiles * TILE);
        int cycles = work.cycles(laneTiles, unitTiles, slices);
        if (best == null || cycles < best.cycles()) {
          best = new PersistentPlan(laneTiles, unitTiles, groups, slices, (int) bytes, cycles);
        }
      }
    }
    return Optional.ofNullable(best);
  }

  private static int parts(int number, int of) {
    return (number + of - 1) / of;
  }

  private static int multipleOf(int divisor, int number) {
    return parts(number, divisor) * divisor;
  }
}
