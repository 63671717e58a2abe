package trainer.job;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import trainer.checkpoint.SavedNetwork;
import trainer.config.Data;
import trainer.dataset.DatasetDownload;
import trainer.file.ByteProgress;
import trainer.file.FileException;
import trainer.file.TrainerException;
import trainer.run.Provenance.CorpusFile;
import trainer.text.Confinement;
import trainer.text.Corpus;
import trainer.text.ExpectedText;
import trainer.text.TextException;
import trainer.text.Vocabulary;
import trainer.training.StopSignal;

/**
 * Opens texts and reports progress.
 *
 * @param stop ends the work with a {@link CancellationException}
 * @param confinement where texts may be
 */
public record CorpusReader(StopSignal stop, JobReporter reporter, Confinement confinement) {
  private static final Path TEMPORARY = Path.of(System.getProperty("java.io.tmpdir"));

  /** Reads texts from anywhere. */
  public CorpusReader(StopSignal stop, JobReporter reporter) {
    this(stop, reporter, Confinement.none());
  }

  private interface Opening {
    Corpus open(ByteProgress progress);
  }

  /**
   * Opens the corpus of a job, downloading it first if it is missing and {@code data.url} is set.
   *
   * @param encodedFile where the encoded text is kept; null: nowhere
   */
  Corpus open(Data data, Path encodedFile, ExpectedText expected) {
    download(data);
    return show(
        progress ->
            Corpus.open(data, confinement, encodedFile, expected, stop::requested, progress));
  }

  /** Opens the corpus of a job with a temporary file without a name for the encoded text. */
  public Corpus openTemporarily(Data data) {
    return open(data, null, ExpectedText.any());
  }

  /**
   * Opens texts that a network was not trained on, in its vocabulary.
   *
   * @param data the network's, for newlines and normalization
   * @param advice what to do about a character outside the vocabulary; null: it is accepted
   */
  Corpus openForeign(List<String> entries, Data data, Vocabulary vocabulary, String advice) {
    return show(
        progress ->
            Corpus.openForeign(
                entries,
                confinement,
                data,
                vocabulary,
                advice,
                TEMPORARY,
                stop::requested,
                progress));
  }

  /** The text that a run was trained on, if its encoded text is there, in its vocabulary. */
  Optional<Corpus> recorded(SavedNetwork run) {
    return recorded(run, run.directory().corpus());
  }

  private Optional<Corpus> recorded(SavedNetwork run, Path encodedFile) {
    CorpusFile file = run.provenance().corpus().get(0);
    return Corpus.recorded(
            encodedFile, file.path(), file.sha256(), run.vocabulary(), stop::requested)
        .filter(corpus -> corpus.length() == file.characters());
  }

  /**
   * The text of a run in the order of its training, in its vocabulary, from its encoded text alone.
   *
   * @return empty if that is missing or another text's; the reporter is told why
   */
  public Optional<Corpus> trained(SavedNetwork run, Path encodedFile) {
    try {
      Optional<Corpus> corpus = recorded(run, encodedFile);
      if (corpus.isEmpty()) {
        reporter.message("without the corpus of the run: its encoded text is not here");
      }
      return corpus.map(
          text -> text.ordered(run.configuration().data(), run.configuration().seed()));
    } catch (TrainerException e) {
      reporter.message("without the corpus of the run: " + e.getMessage());
      return Optional.empty();
    }
  }

  /**
   * The text of a run in the order of its training, in its vocabulary: as it was recorded, or read
   * again if the source is unchanged.
   *
   * @return empty if neither is possible; the reporter is told why
   */
  public Optional<Corpus> trained(SavedNetwork run) {
    Data data = run.configuration().data();
    try {
      Optional<Corpus> recorded = recorded(run);
      if (recorded.isEmpty()
          && !run.provenance().wasTrainedOn(Corpus.sha256(data, confinement, stop::requested))) {
        throw new TextException("the corpus of the run has changed since training");
      }
      Corpus corpus =
          recorded.isPresent()
              ? recorded.get()
              : openForeign(data.corpus(), data, run.vocabulary(), null);
      return Optional.of(corpus.ordered(data, run.configuration().seed()));
    } catch (TextException | FileException e) {
      reporter.message("without the corpus of the run: " + e.getMessage());
      return Optional.empty();
    }
  }

  /** The text of a run in the vocabulary of another network. */
  Corpus in(Vocabulary vocabulary, Corpus corpus, SavedNetwork run, String advice) {
    return vocabulary.equals(corpus.vocabulary())
        ? corpus
        : show(
            progress ->
                corpus.in(
                    vocabulary,
                    advice,
                    run.directory().corpus(),
                    TEMPORARY,
                    stop::requested,
                    progress));
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
