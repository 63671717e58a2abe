package trainer.cli.service;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.ConnectException;
import java.nio.charset.MalformedInputException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.assertj.core.api.AbstractBooleanAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import trainer.run.RunException;

final class TransientFailureTest {
  @TempDir private Path folder;

  private static AbstractBooleanAssert<?> assertBehind(IOException cause) {
    return assertThat(new RunException("it failed", cause).isTransient());
  }

  @Test
  void whatTheOperatingSystemCouldNotDo() {
    assertBehind(new IOException("No space left on device")).isTrue();
    assertBehind(new FileSystemException("a", null, "Read-only file system")).isTrue();
    assertBehind(new FileSystemException("a", "b", "Input/output error")).isTrue();
    assertBehind(new ConnectException()).isTrue();
  }

  @Test
  void whatIsWrongWithAFile() {
    assertBehind(new NoSuchFileException("a")).isFalse();
    assertBehind(new AccessDeniedException("a")).isFalse();
    assertBehind(new MalformedInputException(1)).isFalse();
    assertThat(new RunException("it is none").isTransient()).isFalse();
  }

  @Test
  void aServiceThatDoesNotAnswerAndOneThatRefuses() {
    assertThat(ServiceException.failed("no answer", null).isTransient()).isTrue();
    assertThat(ServiceException.refused("no such run", null).isTransient()).isFalse();
  }

  @Test
  void aDirectoryThatIsInTheWayOfAFile() throws IOException {
    Path file = Files.createFile(folder.resolve("file"));
    Path directory = Files.createDirectories(folder.resolve("directory"));
    try {
      Files.move(file, directory, StandardCopyOption.ATOMIC_MOVE);
      throw new AssertionError("a directory was replaced by a file");
    } catch (IOException e) {
      assertBehind(e).isFalse();
    }
  }
}
