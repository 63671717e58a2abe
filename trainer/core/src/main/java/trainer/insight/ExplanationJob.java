package trainer.insight;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import trainer.checkpoint.SavedNetwork;
import trainer.config.Data.UnknownCharacters;
import trainer.config.Samples;
import trainer.engine.Inference;
import trainer.file.FileErrors;
import trainer.file.ShellWord;
import trainer.job.CorpusReader;
import trainer.job.JobReporter;
import trainer.run.RunException;
import trainer.sampling.Sampling;
import trainer.sampling.TextGenerator;
import trainer.text.Corpus;
import trainer.text.Prompt;
import trainer.text.Split;
import trainer.text.Splits;
import trainer.text.TextException;
import trainer.text.Unknown;
import trainer.text.Vocabulary;
import trainer.training.StopSignal;

/**
 * Shows on a text what a trained network has learned.
 *
 * <pre>{@code
 * Explanation found =
 *     new ExplanationJob(SavedNetwork.open(Path.of("models/tiny")))
 *         .text("To be, or not to be")
 *         .parts(Set.of(Part.UNITS))
 *         .run()
 *         .get();
 * UnitMemory unit = found.units().get(0); // the one that follows a feature most closely
 * }</pre>
 */
public final class ExplanationJob {
  /** Most characters of a text. */
  public static final int MOST_CHARACTERS = 500_000;

  /** Most characters of a text whose memories are kept. */
  public static final int MOST_REMEMBERED = 20_000;

  private static final int DEFAULT_CHARACTERS = 5_000;
  private static final int GENERATED = 1_000;
  private static final double TEMPERATURE = 0.8;
  private static final Path TEMPORARY = Path.of(System.getProperty("java.io.tmpdir"));

  private final SavedNetwork saved;
  private String text; // null: from the file, or from the held-out text of the run
  private Path file;
  private Charset encoding; // of the file; null: that of the run's corpus
  private Path corpus; // encoded; null: that of the run, or its source
  private UnknownCharacters unknown;
  private Set<Part> parts = EnumSet.noneOf(Part.class);
  private JobReporter reporter = JobReporter.SILENT;
  private StopSignal stop = new StopSignal();

  /** What to find out besides the surprise. */
  public enum Part {
    /** What each unit remembers. */
    UNITS,
    /** How the gates are used. */
    GATES,
    /** How far back the loss depends on what is remembered. */
    LAG,
    /** What of the text stands in the corpus. */
    COPIES,
    /** A text of the network's own, and what of it stands in the corpus. */
    GENERATED,
    /** The characters in two dimensions. */
    MAP
  }

  /** Explains a network on the beginning of the held-out text of its run. */
  public ExplanationJob(SavedNetwork saved) {
    this.saved = saved;
    this.unknown = saved.configuration().data().unknown();
  }

  /** The text to show it on, with the newlines and normalization of the corpus applied. */
  public ExplanationJob text(String shown) {
    text = shown;
    return this;
  }

  /** A file with the text, prepared likewise. */
  public ExplanationJob file(Path shown) {
    file = shown;
    return this;
  }

  /** Encoding of the file. Default: that of the run's corpus. */
  public ExplanationJob encoding(Charset ofFile) {
    encoding = ofFile;
    return this;
  }

  /**
   * What to do with characters outside the vocabulary. Default: {@code data.unknown} of the run.
   */
  public ExplanationJob unknown(UnknownCharacters treatment) {
    unknown = treatment;
    return this;
  }

  /**
   * The encoded text that the run was trained on; its source is not read then. Default: that in the
   * run directory, or else its source, if it is unchanged.
   */
  public ExplanationJob corpus(Path encodedFile) {
    corpus = encodedFile;
    return this;
  }

  /** What to find out besides the surprise. Default: nothing. */
  public ExplanationJob parts(Set<Part> wanted) {
    parts = Set.copyOf(wanted);
    return this;
  }

  /** Receives messages. Default: none. */
  public ExplanationJob reporter(JobReporter receiver) {
    reporter = receiver;
    return this;
  }

  /** Lets another thread stop the job. */
  public ExplanationJob stop(StopSignal signal) {
    stop = signal;
    return this;
  }

  /** A text, encoded, and its code points with those outside the vocabulary. */
  private record Shown(String source, int[] codePoints, Corpus corpus) {}

  /**
   * Explains.
   *
   * @return empty if stopped
   * @throws trainer.file.TrainerException if the text cannot be read
   */
  public Optional<Explanation> run() {
    Optional<Corpus> trained = needsCorpus() ? trained() : Optional.empty();
    Shown shown = shown(trained);
    Unknown outside = shown.corpus.unknown();
    if (outside.isWorthAWarning()) {
      reporter.message("warning: %s: %s".formatted(shown.source, outside));
    }
    int[] indices = new int[shown.codePoints.length];
    shown.corpus.text().read(0, indices.length, indices, 0, 1);
    NetworkWeights weights =
        NetworkWeights.of(
            saved.configuration().model().layers(),
            saved.vocabulary().size(),
            saved.checkpoint().parameters().doubles());
    // Next to the engine's threads, because one step of one lane keeps only one thread busy.
    CompletableFuture<Memories> memories =
        CompletableFuture.supplyAsync(
            () -> remembers() ? Memories.of(weights, indices, stop) : null);
    try (Inference network = saved.inference()) {
      Optional<Surprise> surprise = Surprise.of(network, shown.corpus, stop);
      Memories remembered = memories.join();
      return surprise.map(
          found -> explanation(shown, indices, found, weights, remembered, network, trained));
    } catch (CancellationException | CompletionException e) {
      if (stop.requested()) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private boolean remembers() {
    return parts.contains(Part.UNITS) || parts.contains(Part.GATES) || parts.contains(Part.LAG);
  }

  private boolean needsCorpus() {
    return (text == null && file == null)
        || parts.contains(Part.COPIES)
        || parts.contains(Part.GENERATED);
  }

  private Optional<Corpus> trained() {
    CorpusReader reader = new CorpusReader(stop, reporter);
    return corpus == null ? reader.trained(saved) : reader.trained(saved, corpus);
  }

  private Explanation explanation(
      Shown shown,
      int[] indices,
      Surprise surprise,
      NetworkWeights weights,
      Memories memories,
      Inference network,
      Optional<Corpus> trained) {
    return new Explanation(
        saved.file(),
        saved.checkpoint().progress().iteration(),
        saved.vocabulary(),
        shown.source,
        shown.codePoints,
        surprise,
        Optional.ofNullable(memories),
        parts.contains(Part.UNITS) ? UnitMemory.ranked(memories, shown.codePoints) : List.of(),
        parts.contains(Part.GATES) ? GateUse.of(memories) : List.of(),
        parts.contains(Part.LAG)
            ? Optional.of(MemoryOverLag.of(weights, indices, known(shown), memories, stop))
            : Optional.empty(),
        parts.contains(Part.COPIES)
            ? trained.map(corpus -> copies(shown.codePoints, corpus))
            : Optional.empty(),
        parts.contains(Part.GENERATED)
            ? Optional.of(generated(network, trained))
            : Optional.empty(),
        parts.contains(Part.MAP) ? Optional.of(CharacterMap.of(weights)) : Optional.empty());
  }

  private boolean[] known(Shown shown) {
    boolean[] known = new boolean[shown.codePoints.length];
    for (int i = 0; i < known.length; i++) {
      known[i] = saved.vocabulary().contains(shown.codePoints[i]);
    }
    return known;
  }

  private Copies copies(int[] codePoints, Corpus corpus) {
    int[] indices = Arrays.stream(codePoints).map(saved.vocabulary()::index).toArray();
    return Copies.of(indices, corpus.text()::at, corpus.length(), stop);
  }

  /** Continues the prompt of the run's samples, with the seed of the run. */
  private Explanation.Generated generated(Inference network, Optional<Corpus> trained) {
    Samples samples = saved.configuration().samples();
    String prompt = Prompt.of(samples.prime(), saved.configuration().data());
    long seed = saved.configuration().seed();
    StringBuilder written = new StringBuilder();
    new TextGenerator(network, saved.vocabulary())
        .generate(prompt, GENERATED, Sampling.of(TEMPERATURE), seed, stop, written::append);
    return new Explanation.Generated(
        prompt,
        seed,
        TEMPERATURE,
        written.toString(),
        trained.map(corpus -> copies(written.codePoints().toArray(), corpus)));
  }

  /** The text that was given, or the beginning of the held-out text. */
  private Shown shown(Optional<Corpus> trained) {
    if (text == null && file == null) {
      return heldOut(trained);
    }
    String source = file == null ? "the text" : ShellWord.shown(file);
    String prepared = file == null ? Prompt.of(text, saved.configuration().data()) : read(file);
    int[] codePoints = prepared.codePoints().toArray();
    checkLength(source, codePoints.length);
    boolean replace = unknown == UnknownCharacters.REPLACE;
    if (!replace && file == null) {
      encode(prepared);
    }
    String advice = replace ? null : advice();
    Path named = file == null ? Path.of("text") : file;
    return new Shown(
        source, codePoints, Corpus.of(prepared, named, saved.vocabulary(), advice, TEMPORARY));
  }

  private void encode(String prepared) {
    try {
      saved.vocabulary().encode(prepared);
    } catch (TextException e) {
      throw new TextException(e.getMessage() + "; " + advice(), e);
    }
  }

  private static String advice() {
    return String.format(
        Locale.ROOT,
        "add --unknown replace, which charges %.2f nats for each such character",
        Vocabulary.UNKNOWN_NATS);
  }

  private String read(Path source) {
    try {
      return Prompt.of(Files.readAllBytes(source), encoding, saved.configuration().data());
    } catch (TextException e) {
      throw new TextException("%s: %s".formatted(ShellWord.shown(source), e.getMessage()), e);
    } catch (IOException e) {
      throw new RunException(
          Files.isDirectory(source)
              ? ShellWord.shown(source) + ": is a folder: name a file"
              : "%s: cannot be read: %s".formatted(ShellWord.shown(source), FileErrors.reason(e)),
          e);
    }
  }

  private Shown heldOut(Optional<Corpus> trained) {
    Corpus corpus =
        trained.orElseThrow(
            () ->
                new RunException(
                    "%s: its corpus is not here: name a text with --text or --file"
                        .formatted(ShellWord.shown(saved.file()))));
    Splits splits = corpus.splits(saved.configuration().data());
    Split split = splits.validation().isEmpty() ? splits.training() : splits.validation();
    int count = (int) Math.min(DEFAULT_CHARACTERS, split.length());
    String beginning = corpus.text().text(split.from(), count);
    checkLength("the %s split".formatted(split.name()), count);
    return new Shown(
        String.format(Locale.ROOT, "first %,d characters of the %s text", count, split.name()),
        beginning.codePoints().toArray(),
        Corpus.of(beginning, Path.of(split.name()), saved.vocabulary(), null, TEMPORARY));
  }

  private void checkLength(String source, int characters) {
    if (characters < 2) {
      throw new TextException(
          "%s: has %s; a prediction needs at least 2: give a longer text"
              .formatted(source, characters == 0 ? "no character" : "only one character"));
    }
    int most = remembers() ? MOST_REMEMBERED : MOST_CHARACTERS;
    if (characters > most) {
      throw new TextException(
          String.format(
              Locale.ROOT,
              "%s: has %,d characters; at most %,d can be explained%s: give a part of it",
              source,
              characters,
              most,
              remembers() ? " with memories, gates or lags" : ""));
    }
  }
}
