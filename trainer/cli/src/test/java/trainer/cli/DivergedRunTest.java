package trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import trainer.cli.TrainerProcess.Result;

/** A run whose learning rate is still too high after all retries. */
@Tag("slow")
final class DivergedRunTest extends ShortRuns {
  @ParameterizedTest
  @ValueSource(strings = {"1e2", "1e4"})
  void divergenceAfterAllRetriesEndsWithAdviceAndKeepsEarlierCheckpoints(String rate) {
    String directory = "diverged-" + rate;
    Result result =
        train(
            directory,
            "--set=checkpoints.every_iterations=1",
            "--set=evaluation.every_iterations=1000",
            "--set=training.gradient_clipping=none",
            "--set=training.optimizer={type: sgd, learning_rate: %s}".formatted(rate));

    assertThat(result.exitCode()).as(result.err()).isEqualTo(1);
    assertThat(result.out()).isEmpty();
    assertThat(result.error())
        .matches(
            "error: training diverged at iteration \\d+: loss \\S+ nats per character, gradient norm \\S+ \\(running"
                + " loss \\S+, uniform baseline 3\\.3673, learning rate \\S+\\); the learning rate was halved 3 times already\\."
                + " Start over with --resume never --set training\\.optimizer\\.learning_rate=(6\\.25|625\\.0)"
                + " or --resume never --set 'training\\.gradient_clipping=\\{norm: 5\\.0\\}'; the checkpoints to"
                + " iteration \\d+ are good");
    Path run = folder.resolve(directory);
    assertThat(run.resolve("model.zip")).doesNotExist();
    assertThat(run.resolve("events.jsonl")).content().contains("\"kind\":\"failed\"");
    assertThat(RunContents.events(run, "rolled_back"))
        .extracting(event -> event.at("/details/learning_rate_factor").asDouble())
        .containsExactly(0.5, 0.25, 0.125);
    assertThat(commands.run("sample", directory, "--length", "5").exitCode()).isZero();
  }
}
