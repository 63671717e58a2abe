package trainer.service.http;

import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A service that cannot use a folder names the option that it came from. */
@Tag("slow")
final class UnusableFoldersTest {
  private static final String MESSAGE =
      "%1$s %2$s: cannot be used (%3$s): the service must be able to read, write and delete there:"
          + " change its permissions, or set another %1$s";

  @TempDir private Path folder;

  @Test
  void aFileInPlaceOfTheRuns() throws IOException {
    Path runs = Files.writeString(folder.resolve("runs"), "");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TestService.open(folder))
        .withMessage(MESSAGE, "--runs", runs, runs + ": a file of that name exists");
  }

  /** Its models of the same names would overwrite those that are there. */
  @Test
  void theRunsOfAnotherDatabase() throws IOException {
    TestService.open(folder).close();
    TestService.open(folder).close();
    String other = "jdbc:sqlite:" + folder.resolve("other.db");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TestService.withDatabase(folder, other))
        .withMessageContaining("--runs %s: these are the runs of another database", runs());
    Files.delete(runs().resolve(".database")); // as the message says
    TestService.withDatabase(folder, other).close();
    assertThatIllegalArgumentException().isThrownBy(() -> TestService.open(folder));
  }

  private Path runs() {
    return folder.resolve("runs");
  }

  @Test
  void datasetsThatCannotBeTidied() throws IOException {
    Path datasets = folder.resolve("datasets");
    Path abandoned = Files.createDirectories(datasets.resolve(".upload-1/2")).getParent();
    Files.setLastModifiedTime(abandoned, FileTime.from(Instant.now().minus(Duration.ofDays(2))));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TestService.open(folder))
        .withMessage(
            MESSAGE, "--datasets", datasets, abandoned + ": a directory of that name exists");
  }
}
