package trainer.file;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import trainer.disk.Operation;
import trainer.disk.WatchedFileSystem;
import trainer.text.EncodedTextWriter;
import trainer.text.Vocabulary;

/** Disk operations before a download or an encoded text is reported complete. */
final class DurableNamesTest {
  @TempDir private Path temporary;

  private final List<Operation> log = new ArrayList<>();
  private Path target;

  @BeforeEach
  void watch() {
    target = WatchedFileSystem.watch(temporary.resolve("text"), log::add);
  }

  /** Content, then name, then directory. */
  private void assertDurable() {
    List<Operation> end = log.subList(log.size() - 3, log.size());
    assertThat(end)
        .satisfiesExactly(
            first -> assertThat(first).isInstanceOf(Operation.Sync.class),
            second ->
                assertThat(second)
                    .isInstanceOfSatisfying(
                        Operation.Rename.class,
                        rename -> assertThat(rename.to()).isEqualTo(temporary.resolve("text"))),
            third -> assertThat(third).isEqualTo(new Operation.SyncDirectory(temporary)));
  }

  @Test
  void ofADownload() {
    AtomicFile.write(target, "ab");
    assertDurable();
  }

  @Test
  void ofAnEncodedText() throws IOException {
    try (EncodedTextWriter writer = new EncodedTextWriter(target, Vocabulary.of("ab"), "none")) {
      writer.accept(new int[] {'a', 'b'}, 2);
      writer.commit("0".repeat(64), "0".repeat(64), 2);
    }
    assertDurable();
  }
}
