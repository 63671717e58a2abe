package trainer.cli.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import me.tongfei.progressbar.DelegatingProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import org.junit.jupiter.api.Test;

final class ProgressLineTest {
  private static String line(int width, long start, long done, long total, String details) {
    StringBuilder last = new StringBuilder();
    try (ProgressBar bar =
        new ProgressBarBuilder()
            .setInitialMax(total)
            .startsFrom(start, Duration.ZERO)
            .setRenderer(new ProgressLine("training", "it", 1))
            .setUpdateIntervalMillis(60_000)
            .setConsumer(
                new DelegatingProgressBarConsumer(
                    text -> {
                      last.setLength(0);
                      last.append(text);
                    },
                    width))
            .build()) {
      bar.setExtraMessage(details);
      bar.stepTo(done);
      bar.refresh();
    }
    return last.toString();
  }

  @Test
  void fillsTheTerminalExceptOneColumn() {
    assertThat(line(80, 0, 900, 1000, " · loss 2.345 nats · ETA 9 s"))
        .hasSize(79)
        .matches("training 90 % \\[=+> +] 900/1,000 it · loss 2\\.345 nats · ETA 9 s");
  }

  @Test
  void omitsTheBarIfThereIsNoRoom() {
    String details = " · loss 2.345 nats · ETA 0 s";
    assertThat(line(60, 0, 900, 1000, details))
        .isEqualTo("training 90 % 900/1,000 it · loss 2.345 nats · ETA 0 s");
    assertThat(line(30, 0, 900, 1000, details)).isEqualTo("training 90 % 900/1,000 it · ");
  }

  @Test
  void withoutDetailsItShowsTheTimeLeftAtTheMeanSpeed() {
    assertThat(line(80, 0, 900, 1000, ""))
        .matches("training 90 % \\[=+> +] 900/1,000 it · ETA 0 s");
    assertThat(line(80, 500, 500, 1000, "")).doesNotContain("ETA");
  }
}
