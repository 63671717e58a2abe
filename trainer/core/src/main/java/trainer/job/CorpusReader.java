package trainer.job;

import trainer.cli.ByteProgress;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CancellationException;
import trainer.config.Data;
import trainer.run.RunException;
import trainer.text.Corpus;
import trainer.text.DatasetDownload;
import trainer.file.TextProgress;
import trainer.text.Vocabulary;
import trainer.training.StopSignal;

/**
 * Opens texts for a command, showing how far that has come where it takes long.
 *
 * @param stop ends the work with a {@link CancellationException}, nothing lost
 */
record CorpusReader(StopSignal stop) {
  private static final Path TEMPORARY = Path.of(System.getProperty("java.io.tmpdir"));

  private interface Opening {
    Corpus open(TextProgress progress);
  }

  /**
   * The corpus of a job, downloaded first where it is missing and the configuration says from
   * where.
   *
   * @param encodedFile where its encoded form is kept
   */
  Corpus open(Data data, Path encodedFile) {
    download(data);
    return show(progress -> Corpus.open(data, encodedFile, stop::requested, progress));
  }

  /** The same without leaving its encoded form behind. */
  Corpus openTemporarily(Data data) {
    try {
      Path file = Files.createTempFile("text", ".encoded");
      try {
        return open(data, file);
      } finally {
        Files.deleteIfExists(file); // once mapped, it needs no name
      }
    } catch (IOException e) {
      throw new RunException(
          "%s: the encoded text cannot be written here (%s): name another folder with java -Djava.io.tmpdir=DIR"
              .formatted(TEMPORARY, e.getMessage()),
          e);
    }
  }

  /**
   * Texts in the vocabulary of a network that was trained on others.
   *
   * @param data how characters were treated in its training
   */
  Corpus openForeign(List<String> entries, Data data, Vocabulary vocabulary) {
    return show(
        progress ->
            Corpus.openForeign(entries, data, vocabulary, TEMPORARY, stop::requested, progress));
  }

  private void download(Data data) {
    try (ByteProgress progress = new ByteProgress("downloading the corpus")) {
      DatasetDownload.fetchMissing(data, stop::requested, progress::report);
    }
  }

  private static Corpus show(Opening opening) {
    try (ByteProgress progress = new ByteProgress("reading the corpus")) {
      return opening.open(progress::report);
    }
  }
}
