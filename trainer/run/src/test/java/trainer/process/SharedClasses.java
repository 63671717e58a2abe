package trainer.process;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Archives of classes that a JVM maps, instead of loading and verifying each class: much of the
 * time of a short process.
 */
public final class SharedClasses {
  private SharedClasses() {}

  /**
   * The options of Java that map the classes of a program. The archive is made once for each build
   * of a jar, in the folder {@code target} of the module: other forks wait. Where it does not fit,
   * Java does without it, and says nothing on standard output.
   *
   * @param command runs the program until it ends by itself; its class path must have only jars,
   *     and later class paths must begin with it
   */
  public static List<String> options(Path jar, List<String> command) {
    Path target = Path.of("target");
    try (FileChannel lock = FileChannel.open(target.resolve("classes.lock"), CREATE, WRITE);
        FileLock held = lock.lock()) {
      assert held.isValid();
      Path archive =
          target.resolve(
              "%s-%d.jsa".formatted(jar.getFileName(), Files.getLastModifiedTime(jar).toMillis()));
      if (!Files.exists(archive)) {
        make(archive, command);
      }
      return List.of("-XX:SharedArchiveFile=" + archive.toAbsolutePath(), "-Xlog:cds*=off");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  private static void make(Path archive, List<String> command)
      throws IOException, InterruptedException {
    List<String> words = new ArrayList<>(command);
    words.add(1, "-XX:ArchiveClassesAtExit=" + archive);
    int exitCode =
        new ProcessBuilder(words)
            .redirectInput(new File("/dev/null"))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start()
            .waitFor();
    if (exitCode != 0) {
      throw new AssertionError("exit code %d of %s".formatted(exitCode, words));
    }
  }
}
