package trainer.engine.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import trainer.config.Compute.Precision;
import trainer.config.GradientClipping;
import trainer.config.Layer;
import trainer.config.Layer.CellType;
import trainer.config.Optimizer;
import trainer.engine.Engine;
import trainer.text.Segment;

class CpuNetworkMemoryTest {
  private static final NetworkShape SHAPE =
      new NetworkShape(
          17, List.of(new Layer(CellType.GRU, 33, 0.5), new Layer(CellType.GRAVES_LSTM, 17, 0)));
  private static final Segment SEGMENT = RandomNetworks.segment(new Random(1), 17, 20, 5);

  private static CpuNetwork network(Precision precision, int laneGroups) {
    return new CpuNetwork(
        SHAPE,
        new CpuNetwork.Settings(
            new Optimizer.Adam(0.01, 0.9, 0.999, 1e-8),
            new GradientClipping.Norm(1),
            1,
            2,
            laneGroups,
            precision));
  }

  static Stream<Arguments> divisions() {
    return LaneGroupsTest.precisions()
        .flatMap(precision -> Stream.of(Arguments.of(precision, 0), Arguments.of(precision, 3)));
  }

  @ParameterizedTest
  @MethodSource("divisions")
  void anIterationLeavesNextToNothingToTheGarbageCollector(Precision precision, int laneGroups) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long self = Thread.currentThread().getId();
    try (CpuNetwork network = network(precision, laneGroups)) {
      for (int i = 0; i < 10; i++) {
        network.train(SEGMENT, 0.01, i);
      }
      long before = threads.getThreadAllocatedBytes(self);
      for (int i = 10; i < 110; i++) {
        network.train(SEGMENT, 0.01, i);
      }
      // Iterators and the like; one array of the network is larger.
      assertThat((threads.getThreadAllocatedBytes(self) - before) / 100).isLessThan(10_000);
    }
  }

  @ParameterizedTest
  @MethodSource("divisions")
  void closingFreesAllNativeMemory(Precision precision, int laneGroups) {
    try (CpuNetwork first = network(precision, laneGroups)) {
      first.train(SEGMENT, 0.01, 0); // libraries have made their permanent allocations after this
    }
    long before = Pointer.totalBytes();
    for (int i = 0; i < 20; i++) {
      try (CpuNetwork network = network(precision, laneGroups)) {
        network.train(SEGMENT, 0.01, 0);
        try (Engine.Session session = network.session(7)) {
          session.score(RandomNetworks.segment(new Random(1), 17, 20, 7));
        }
      }
      assertNothingWasAddedTo(before);
    }
  }

  @ParameterizedTest
  @MethodSource("divisions")
  void sessionsAndLongerSegmentsFreeUnusedMemory(Precision precision, int laneGroups) {
    try (CpuNetwork network = network(precision, laneGroups)) {
      network.train(RandomNetworks.segment(new Random(1), 17, 60, 5), 0.01, 0);
      long before = Pointer.totalBytes();
      for (int i = 0; i < 50; i++) {
        try (Engine.Session session = network.session(7)) {
          session.score(RandomNetworks.segment(new Random(1), 17, 20, 7));
          session.next(new int[7]);
        }
        network.train(RandomNetworks.segment(new Random(1), 17, 10 + i, 5), 0.01, 0);
        assertNothingWasAddedTo(before);
      }
    }
  }

  /**
   * Called after every repetition: the bytes are those of the whole process, and garbage of earlier
   * tests may be freed at any time, but not exactly as much as a leak adds.
   */
  private static void assertNothingWasAddedTo(long bytes) {
    assertThat(Pointer.totalBytes()).isLessThanOrEqualTo(bytes);
  }
}
