package trainer.engine.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import trainer.cell.CellLayout;
import trainer.config.Compute.Precision;
import trainer.config.Layer;
import trainer.config.Layer.CellType;
import trainer.cuda.GpuProperties;
import trainer.engine.cuda.PersistentPlan.Direction;

/** Which layers run persistently, and how blocks share them. */
class PersistentPlanTest {
  private static final GpuProperties H100 = gpu(90, 132, 232_448);
  private static final GpuProperties RTX_4090 = gpu(89, 128, 101_376);
  private static final GpuProperties T4 = gpu(75, 40, 65_536);

  private static GpuProperties gpu(int capability, int multiprocessors, int sharedMemory) {
    return new GpuProperties(0, 0, "GPU", capability, multiprocessors, sharedMemory, 1L << 34);
  }

  private static Optional<PersistentPlan> plan(
      GpuProperties gpu, CellType cell, int units, int lanes, Precision precision, Direction way) {
    return PersistentPlan.of(gpu, work(cell, units, lanes, precision, way));
  }

  private static List<PersistentPlan> inClusters(
      GpuProperties gpu, CellType cell, int units, int lanes, Precision precision, Direction way) {
    return PersistentPlan.inClusters(gpu, work(cell, units, lanes, precision, way));
  }

  private static PersistentPlan.Work work(
      CellType cell, int units, int lanes, Precision precision, Direction way) {
    return new PersistentPlan.Work(CellLayout.of(cell), units, lanes, precision, way);
  }

  /** Tiles of lanes and of units per block, groups, slices. */
  @ParameterizedTest
  @CsvSource({
    "256,  64, TF32,     1, 1,  4, 16",
    "256, 128, TF32,     1, 1,  8, 16",
    "512,  64, TF32,     1, 1,  4, 32",
    "512, 128, TF32,     1, 2,  8, 16",
    "512,  64, FLOAT32,  1, 1,  4, 32",
    "512, 128, FLOAT32,  2, 1,  4, 32",
    "512, 128, BFLOAT16, 1, 2,  8, 16",
    "1024, 64, TF32,     2, 1,  2, 64",
    "1024, 64, BFLOAT16, 1, 2,  4, 32",
    "1,     1, FLOAT32,  1, 1,  1,  1",
    "17,   33, FLOAT32,  1, 1,  3,  2"
  })
  void anH100SharesLstmsSo(
      int units,
      int lanes,
      Precision precision,
      int laneTiles,
      int unitTiles,
      int groups,
      int slices) {
    for (Direction way : Direction.values()) {
      PersistentPlan plan = plan(H100, CellType.LSTM, units, lanes, precision, way).orElseThrow();
      assertThat(plan)
          .as("%s", way)
          .isEqualTo(
              new PersistentPlan(
                  laneTiles, unitTiles, groups, slices, false, plan.sharedBytes(), plan.cycles()));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "128,  64, TF32,     1, 4,  8",
    "256,  64, FLOAT32,  1, 4, 16",
    "256, 128, TF32,     1, 8, 16",
    "512, 128, BFLOAT16, 2, 8, 16",
    "17,   33, FLOAT32,  1, 3,  2"
  })
  void anH100SharesLstmsInClustersSo(
      int units, int lanes, Precision precision, int unitTiles, int groups, int slices) {
    for (Direction way : Direction.values()) {
      PersistentPlan plan = inClusters(H100, CellType.LSTM, units, lanes, precision, way).get(0);
      assertThat(plan)
          .as("%s", way)
          .isEqualTo(
              new PersistentPlan(
                  1, unitTiles, groups, slices, true, plan.sharedBytes(), plan.cycles()));
      assertThat(plan.cluster()).isEqualTo(slices);
    }
  }

  @Test
  void layersWithoutRoomAndGpusWithoutClustersHaveNoPlanInThem() {
    assertThat(inClusters(H100, CellType.LSTM, 512, 64, Precision.TF32, Direction.FORWARD))
        .as("R, tile and words")
        .isEmpty();
    assertThat(inClusters(H100, CellType.GRU, 1040, 1, Precision.BFLOAT16, Direction.FORWARD))
        .as("more than 16 blocks")
        .isEmpty();
    assertThat(inClusters(RTX_4090, CellType.LSTM, 128, 64, Precision.TF32, Direction.FORWARD))
        .isEmpty();
  }

  /** Every timed case on a GPU must be like a checked one. */
  @Test
  void theLargeCasesOfTheCheckShareTheWorkInEveryWay() {
    List<PersistentPlan> plans = new ArrayList<>();
    for (SelfCheck.Case of : GpuCorrectness.cases(true)) {
      for (Precision precision : Precision.fixed()) {
        for (Direction way : Direction.values()) {
          Layer layer = of.layers().get(0);
          plan(H100, layer.type(), layer.size(), of.lanes(), precision, way).ifPresent(plans::add);
        }
      }
    }
    assertThat(plans).anyMatch(plan -> plan.groups() > 1 && plan.laneTiles() > 1);
    assertThat(plans).anyMatch(plan -> plan.groups() > 1 && plan.unitTiles() > 1);
    assertThat(plans).anyMatch(plan -> plan.slices() == 64);
    assertThat(plans).anyMatch(plan -> plan.blocks() == 128);
  }

  @Test
  void aLayerThatDoesNotFitHasNoPlan() {
    // 1024 units in float32: 256 KB of R a block, none of it in registers.
    assertThat(plan(H100, CellType.LSTM, 1024, 64, Precision.FLOAT32, Direction.FORWARD)).isEmpty();
    assertThat(plan(RTX_4090, CellType.LSTM, 512, 64, Precision.FLOAT32, Direction.FORWARD))
        .isEmpty();
    assertThat(plan(T4, CellType.LSTM, 256, 64, Precision.FLOAT32, Direction.FORWARD)).isEmpty();
    assertThat(plan(T4, CellType.SIMPLE_RNN, 700, 1, Precision.FLOAT32, Direction.BACKWARD))
        .as("more slices than multiprocessors")
        .isEmpty();
  }

  @Test
  void registersMakeRoomOnGpusWithLittleSharedMemory() {
    for (Direction way : Direction.values()) {
      assertThat(plan(RTX_4090, CellType.LSTM, 512, 128, Precision.TF32, way)).isPresent();
      assertThat(plan(RTX_4090, CellType.LSTM, 1024, 64, Precision.BFLOAT16, way)).isPresent();
    }
  }

  @Test
  void aGpuWhoseBlocksCannotWaitForEachOtherHasNoPlan() {
    GpuProperties gpu = gpu(90, 132, 0);
    assertThat(plan(gpu, CellType.GRU, 3, 1, Precision.FLOAT32, Direction.FORWARD)).isEmpty();
  }

  /** For all sizes, a plan covers everything and fits. */
  @ParameterizedTest
  @EnumSource
  void aPlanCoversAllLanesAndUnitsAndFits(CellType cell) {
    int found = 0;
    for (GpuProperties gpu : new GpuProperties[] {H100, RTX_4090, T4}) {
      for (int units : new int[] {1, 3, 16, 17, 33, 128, 257, 512, 1000}) {
        for (int lanes : new int[] {1, 15, 16, 17, 64, 100, 257}) {
          for (Direction way : Direction.values()) {
            List<PersistentPlan> plans =
                new ArrayList<>(inClusters(gpu, cell, units, lanes, Precision.FLOAT32, way));
            plan(gpu, cell, units, lanes, Precision.FLOAT32, way).ifPresent(plans::add);
            found += plans.size();
            plans.forEach(
                p -> {
                  String of = "%s of %d units, %d lanes".formatted(p, units, lanes);
                  assertThat(p.slices() * p.unitTiles() * 16).as(of).isGreaterThanOrEqualTo(units);
                  assertThat((p.slices() - 1) * p.unitTiles() * 16).as(of).isLessThan(units);
                  assertThat(p.groups() * p.laneTiles() * 16).as(of).isGreaterThanOrEqualTo(lanes);
                  assertThat((p.groups() - 1) * p.laneTiles() * 16).as(of).isLessThan(lanes);
                  assertThat(p.blocks()).as(of).isLessThanOrEqualTo(gpu.multiprocessors());
                  assertThat(p.sharedBytes()).as(of).isLessThanOrEqualTo(gpu.sharedMemory());
                  assertThat(p.cluster()).as(of).isLessThanOrEqualTo(16);
                });
          }
        }
      }
    }
    assertThat(found).isGreaterThan(100);
  }
}
