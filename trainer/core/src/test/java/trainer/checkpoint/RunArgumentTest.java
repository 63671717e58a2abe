package trainer.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import trainer.run.RunDirectory;
import trainer.run.RunException;

/** The checkpoint that a RUN stands for. */
final class RunArgumentTest {
  @TempDir private Path directory;

  @Test
  void anArgumentMeansTheBestCheckpointOfARun() throws IOException {
    RunDirectory run = new RunDirectory(directory);
    Files.createDirectory(run.checkpoints());
    Files.createFile(run.checkpoint(90));
    Files.createFile(run.checkpoint(100));
    assertThat(RunArgument.resolve(directory)).isEqualTo(run.checkpoint(100));
    Files.createFile(run.latest());
    assertThat(RunArgument.resolve(directory)).isEqualTo(run.latest());
    Files.createFile(run.model());
    assertThat(RunArgument.resolve(directory)).isEqualTo(run.model());
    Files.createFile(run.best());
    assertThat(RunArgument.resolve(directory)).isEqualTo(run.best());
    assertThat(RunArgument.resolve(run.checkpoint(90))).isEqualTo(run.checkpoint(90));
  }

  /** A run directory stands for its best checkpoint, never for another one instead. */
  @Test
  void aBestCheckpointThatIsNoFileIsRefused() throws IOException {
    RunDirectory run = new RunDirectory(directory);
    Files.createDirectory(run.checkpoints());
    Examples.checkpoint(100).write(run.model());
    Files.createDirectory(run.best());
    assertThat(RunArgument.resolve(directory)).isEqualTo(run.best());
    assertThatExceptionOfType(RunException.class)
        .isThrownBy(() -> SavedNetwork.open(directory))
        .withMessageContaining("best.zip: not a usable checkpoint: it is a directory, not a");
    Files.delete(run.best());
    Files.createSymbolicLink(run.best(), directory.resolve("nothing"));
    assertThatExceptionOfType(RunException.class)
        .isThrownBy(() -> SavedNetwork.open(directory))
        .withMessageContaining("best.zip: not a usable checkpoint: it is a link that cannot be");
  }

  @Test
  void anArgumentThatIsNotThere() throws IOException {
    Path missing = directory.resolve("nothing");
    refused(
        missing,
        missing + ": no such run directory or checkpoint: check the path, or train the run first");
    for (String name : new String[] {"b", "a"}) {
      Files.createFile(Files.createDirectory(directory.resolve(name)).resolve("config.yml"));
    }
    refused(
        missing,
        "%s: no such run directory or checkpoint: its runs are %s, %s"
            .formatted(missing, directory.resolve("a"), directory.resolve("b")));
    refused(
        directory,
        "%s: is not a run directory (no config.yml, no checkpoint): name one of its runs: %s, %s"
            .formatted(directory, directory.resolve("a"), directory.resolve("b")));
    refused(
        directory.resolve("a"),
        directory.resolve("a")
            + ": the run has no checkpoint yet: wait for the first, or train it with its"
            + " config.yml");
  }

  @Test
  void anArgumentThatIsSomethingElse() throws IOException {
    Path empty = Files.createDirectory(directory.resolve("empty"));
    refused(
        empty, empty + ": is not a run directory (no config.yml, no checkpoint): train one first");
    Path folder = Files.createDirectories(directory.resolve("run/checkpoints"));
    refused(
        folder,
        folder + ": is the folder of a run's checkpoints: name the run directory or a file");
    Path device = Path.of("/dev/null");
    if (Files.exists(device)) {
      refused(device, device + ": is neither a run directory nor a checkpoint: name one of them");
    }
  }

  private static void refused(Path argument, String message) {
    assertThatExceptionOfType(RunException.class)
        .isThrownBy(() -> RunArgument.resolve(argument))
        .withMessage("%s", message);
  }
}
