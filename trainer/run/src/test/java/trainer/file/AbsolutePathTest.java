package trainer.file;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class AbsolutePathTest {
  @Test
  void dotsMeanWhatTheSystemOpens(@TempDir Path temporary) throws IOException {
    Path folder = temporary.toRealPath();
    Path deep = Files.createDirectories(folder.resolve("target/deep"));
    Files.createSymbolicLink(folder.resolve("link"), deep);
    Files.createSymbolicLink(folder.resolve("broken"), Path.of("nowhere"));

    assertThat(AbsolutePath.of(folder.resolve("link/../a.txt")))
        .isEqualTo(folder.resolve("target/a.txt"));
    assertThat(AbsolutePath.of(folder.resolve("link/../../a.txt")))
        .isEqualTo(folder.resolve("a.txt"));
    assertThat(AbsolutePath.of(folder.resolve("target/deep/.././*.txt")))
        .isEqualTo(folder.resolve("target/*.txt"));
    assertThat(AbsolutePath.of(folder.resolve("link/a.txt")))
        .isEqualTo(folder.resolve("link/a.txt"));
    assertThat(AbsolutePath.of(folder.resolve("broken/../a.txt")))
        .isEqualTo(folder.resolve("a.txt"));
    assertThat(AbsolutePath.of(Path.of("/../a.txt"))).isEqualTo(Path.of("/a.txt"));
    assertThat(AbsolutePath.of(Path.of("a.txt"))).isEqualTo(Path.of("a.txt").toAbsolutePath());
    assertThat(AbsolutePath.of(Path.of(""))).isEqualTo(Path.of("").toAbsolutePath());
  }
}
