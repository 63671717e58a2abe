package trainer.job;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CancellationException;
import trainer.config.Data;
import trainer.dataset.DatasetDownload;
import trainer.file.ByteProgress;
import trainer.run.RunException;
import trainer.text.Corpus;
import trainer.text.ExpectedText;
import trainer.text.Vocabulary;
import trainer.training.StopSignal;

/**
 * Opens texts and reports progress.
 *
 * @param stop ends the work with a {@link CancellationException}
 */
public record CorpusReader(StopSignal stop, JobReporter reporter) {
  private static final Path TEMPORARY = Path.of(System.getProperty("java.io.tmpdir"));

  private interface Opening {
    Corpus open(ByteProgress progress);
  }

  /**
   * Opens the corpus of a job, downloading it first if it is missing and {@code data.url} is set.
   *
   * @param encodedFile where the encoded text is kept
   */
  Corpus open(Data data, Path encodedFile, ExpectedText expected) {
    download(data);
    return show(progress -> Corpus.open(data, encodedFile, expected, stop::requested, progress));
  }

  /** Opens the corpus of a job with a temporary file for the encoded text. */
  public Corpus openTemporarily(Data data) {
    try {
      Path file = Files.createTempFile("text", ".encoded");
      try {
        return open(data, file, ExpectedText.any());
      } finally {
        Files.deleteIfExists(file); // a mapped file needs no name
      }
    } catch (IOException e) {
      throw new RunException(
          "%s: the encoded text cannot be written here (%s): name another folder with java -Djava.io.tmpdir=DIR"
              .formatted(TEMPORARY, e.getMessage()),
          e);
    }
  }

  /**
   * Opens texts that a network was not trained on, in its vocabulary.
   *
   * @param data the network's, for newlines, normalization and unknown characters
   */
  Corpus openForeign(List<String> entries, Data data, Vocabulary vocabulary) {
    return show(
        progress ->
            Corpus.openForeign(entries, data, vocabulary, TEMPORARY, stop::requested, progress));
  }

  private void download(Data data) {
    try {
      DatasetDownload.fetchMissing(data, stop::requested, progress("downloading the corpus"));
    } finally {
      reporter.bytesEnd();
    }
  }

  private Corpus show(Opening opening) {
    try {
      return opening.open(progress("reading the corpus"));
    } finally {
      reporter.bytesEnd();
    }
  }

  private ByteProgress progress(String task) {
    return (done, total) -> reporter.bytes(task, done, total);
  }
}
