package trainer.service.live;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** One computation serves many callers, for a limited time. */
final class RecentTest {
  private static final long FOR_EVER = 1_000_000_000;

  private final AtomicInteger made = new AtomicInteger();

  private int make(String key) {
    return made.incrementAndGet();
  }

  @Test
  void isMadeOnceForEachKeyWhileItIsRecent() {
    Recent<String, Integer> recent = new Recent<>(FOR_EVER, 10);
    assertThat(List.of(recent.get("a", this::make), recent.get("a", this::make))).containsOnly(1);
    assertThat(recent.get("b", this::make)).isEqualTo(2);
  }

  @Test
  void isMadeAnewWhenItIsOld() throws InterruptedException {
    Recent<String, Integer> recent = new Recent<>(1, 10);
    recent.get("a", this::make);
    Thread.sleep(2);
    assertThat(recent.get("a", this::make)).isEqualTo(2);
  }

  @Test
  void isMadeOnceForManyWhoAskAtATime() {
    Recent<String, Integer> recent = new Recent<>(FOR_EVER, 10);
    List<Integer> given =
        IntStream.range(0, 1000).parallel().mapToObj(i -> recent.get("a", this::make)).toList();
    assertThat(given).hasSize(1000).containsOnly(1);
  }

  @Test
  void keepsSoManyAndNoMore() throws InterruptedException {
    Recent<String, Integer> recent = new Recent<>(FOR_EVER, 1);
    recent.get("a", this::make);
    assertThat(List.of(recent.get("b", this::make), recent.get("b", this::make)))
        .as("made each time")
        .containsExactly(2, 3);
    assertThat(recent.get("a", this::make)).as("kept").isEqualTo(1);
    Recent<String, Integer> brief = new Recent<>(1, 1);
    brief.get("a", this::make);
    Thread.sleep(2);
    brief.get("b", this::make);
    assertThat(made).as("the old one made room").hasValue(5);
  }
}
