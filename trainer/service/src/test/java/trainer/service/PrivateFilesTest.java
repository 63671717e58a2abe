package trainer.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files of another user: root can change all, so that another user's process must try. */
final class PrivateFilesTest {
  private static final List<String> AS_NOBODY =
      List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups");
  private static final Path JAVA = Path.of(System.getProperty("java.home"), "bin", "java");

  @TempDir private Path folder;

  /** Prints why a file cannot be restricted. */
  static final class Restriction {
    private Restriction() {}

    public static void main(String[] words) {
      try {
        PrivateFiles.SECRET.restrict(Path.of(words[0]));
        PrivateFiles.FOLDER.restrict(Path.of(words[1]));
        System.out.println("restricted");
      } catch (IOException e) {
        System.out.println(e.getMessage());
      }
    }
  }

  private static String asNobody(List<String> command) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(Stream.concat(AS_NOBODY.stream(), command.stream()).toList())
            .redirectErrorStream(true)
            .start();
    String output =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
    return process.exitValue() == 0 ? output : "failed: " + output;
  }

  private static void setMode(Path path, String mode) throws IOException {
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(mode));
  }

  @Test
  @Tag("slow")
  void whatAnotherUserOwnsIsRefusedWithTheCommandThatMendsIt()
      throws IOException, InterruptedException, URISyntaxException {
    assumeTrue(
        System.getProperty("os.name").equals("Linux")
            && System.getProperty("user.name").equals("root"),
        "needs root on Linux, to start a process of another user");
    String java = asNobody(List.of("test", "-x", JAVA.toString()));
    assumeTrue(java.isEmpty(), "other users cannot run " + JAVA + " " + java);
    setMode(folder, "rwxr-xr-x");
    Path classes = Files.createDirectories(folder.resolve("classes/trainer/service"));
    for (Class<?> each : List.of(PrivateFiles.class, Restriction.class)) {
      String name = each.getName().substring(each.getPackageName().length() + 1) + ".class";
      Files.copy(Path.of(each.getResource(name).toURI()), classes.resolve(name));
    }
    Path database = Files.createFile(folder.resolve("service.db"));
    Path runs = Files.createDirectory(folder.resolve("runs"));
    setMode(runs, "rwxr-x---");
    List<String> restrict =
        List.of(
            JAVA.toString(),
            "-XX:TieredStopAtLevel=1",
            "-cp",
            folder.resolve("classes").toString(),
            Restriction.class.getName(),
            database.toString(),
            runs.toString());
    setMode(database, "rw-r--r--");
    assertThat(asNobody(restrict))
        .isEqualTo("other users may read or write it; as root, its owner: chmod 600 " + database);
    setMode(database, "rw-------");
    assertThat(asNobody(restrict)).isEqualTo("restricted");
    setMode(runs, "rwxrwxrwx");
    assertThat(asNobody(restrict))
        .isEqualTo("other users may read or write it; as root, its owner: chmod 770 " + runs);
  }

  @Test
  void whatTheServiceOwnsIsRestricted() throws IOException {
    Path database = Files.createFile(folder.resolve("service.db"));
    setMode(database, "rw-rw-r--");
    PrivateFiles.SECRET.restrict(database);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(database)))
        .isEqualTo("rw-------");
    PrivateFiles.SECRET.restrict(folder.resolve("missing")); // nothing to do
    assertThatThrownBy(() -> PrivateFiles.SECRET.create(folder.resolve("missing/file")))
        .isInstanceOf(IOException.class);
  }
}
