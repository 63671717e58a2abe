package trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run becomes a network of PyTorch, and a run again. */
final class ImportCommandTest {
  @TempDir private Path folder;
  private Path run;
  private Path exported;
  private Path imported;

  @BeforeEach
  void export() {
    run = folder.resolve("run");
    exported = folder.resolve("exported");
    imported = folder.resolve("imported");
    SmallJob.write(folder, 4_000);
    assertThat(InProcess.train(folder, run, 8).exitCode()).isZero();
    succeed("export", run, "--format=pytorch", "--output=" + exported);
  }

  private static InProcess run(Object... arguments) {
    String[] words = new String[arguments.length];
    for (int i = 0; i < words.length; i++) {
      words[i] = arguments[i].toString();
    }
    return InProcess.run(words);
  }

  private static InProcess succeed(Object... arguments) {
    InProcess result = run(arguments);
    assertThat(result.exitCode()).as(result.err()).isZero();
    return result;
  }

  private InProcess importing(Object... more) {
    Object[] command = {
      "import", exported.resolve("model.safetensors"), "--corpus=" + folder.resolve("corpus.txt")
    };
    Object[] all = new Object[command.length + more.length];
    System.arraycopy(command, 0, all, 0, command.length);
    System.arraycopy(more, 0, all, command.length, more.length);
    return run(all);
  }

  @Test
  void theImportedRunIsSampledEvaluatedExplainedAndTrained() throws IOException {
    InProcess importing =
        importing(
            "--output=" + imported,
            "--set=data.split=[0.9, 0.1, 0.0]",
            "--set=training={batch_size: 8, sequence_length: 16, max_iterations: 4}",
            "--set=evaluation.every_iterations=2",
            "--set=compute.threads=1");
    assertThat(importing.exitCode()).as(importing.err()).isZero();
    assertThat(importing.err())
        .endsWith(
            "%s: imported from %s: gru 16 + graves_lstm 12, softmax 29\n"
                .formatted(imported, exported.resolve("model.safetensors")));

    String[] sample = {"--length=200", "--temperature=1", "--seed=3", "--prompt=the"};
    assertThat(succeed("sample", imported, sample[0], sample[1], sample[2], sample[3]).out())
        .isEqualTo(succeed("sample", run, sample[0], sample[1], sample[2], sample[3]).out());
    assertThat(nats(imported)).isEqualTo(nats(run));
    assertThat(succeed("explain", imported, "--text=the sea and a ship").out()).isNotBlank();
    InProcess training = succeed("train", imported.resolve("config.yml"), "--output=" + imported);
    assertThat(training.err()).contains("finished");
    assertThat(imported.resolve("model.zip")).isRegularFile();
    assertThat(Files.readAllLines(imported.resolve("metrics.csv"))).hasSizeGreaterThan(1);
  }

  private static String nats(Path of) {
    return succeed("evaluate", of, "--json")
        .out()
        .replaceAll("(?s).*\"nats[^:]*: *([0-9.]+).*", "$1");
  }

  @Test
  void whatDoesNotFitIsRefusedAndNothingIsLeft() throws IOException {
    Path other = Files.writeString(folder.resolve("other.txt"), "abc\n".repeat(100));
    InProcess refused =
        run(
            "import",
            exported.resolve("model.safetensors"),
            "--corpus=" + other,
            "--output=" + imported);
    assertThat(refused.exitCode()).isEqualTo(2);
    assertThat(refused.err())
        .isEqualTo(
            "error: %s: has 29 characters, and %s 4: name the vocabulary that it was trained with by --vocabulary FILE\n"
                .formatted(exported.resolve("model.safetensors"), other));
    assertThat(imported.resolve("config.yml")).doesNotExist();

    assertThat(
            run(
                    "import",
                    exported.resolve("model.safetensors"),
                    "--corpus=" + other,
                    "--vocabulary=" + exported,
                    "--output=" + imported)
                .exitCode())
        .isZero();

    InProcess again = importing("--output=" + imported);
    assertThat(again.exitCode()).isEqualTo(2);
    assertThat(again.err())
        .isEqualTo(
            "error: %s: holds a run already: name another directory with --output\n"
                .formatted(imported));
    InProcess model = importing("--output=" + folder.resolve("new"), "--set=model.layers=[]");
    assertThat(model.exitCode()).isEqualTo(2);
    assertThat(model.err()).contains("--set model.layers=[]: the network is that of FILE");
    InProcess text = run("import", other, "--corpus=" + other, "--output=" + folder.resolve("new"));
    assertThat(text.exitCode()).isEqualTo(2);
    assertThat(text.err()).contains("not a network that can be imported: it is not a whole zip");
    assertThat(folder.resolve("new")).doesNotExist();
  }
}
