package trainer.text;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import trainer.config.Data;

/** A folder for texts and their encoded corpus. */
abstract class CorpusFolder {
  @TempDir Path directory;

  Path encoded() {
    return directory.resolve("run/corpus.encoded");
  }

  Corpus open(Data data) {
    return Corpus.open(data, encoded());
  }

  static String text(Corpus corpus) {
    return corpus.text().text(0, (int) corpus.length());
  }

  List<Path> written() throws IOException {
    try (Stream<Path> files = Files.list(encoded().getParent())) {
      return files.map(Path::getFileName).toList();
    }
  }
}
