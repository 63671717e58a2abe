package trainer.config;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import trainer.config.binding.Default;
import trainer.config.binding.Describe;
import trainer.config.binding.Matches;
import trainer.config.binding.OneOrMany;
import trainer.config.binding.Range;
import trainer.config.binding.Requires;
import trainer.config.binding.Rules;
import trainer.config.binding.Shares;

/** The training text. */
public record Data(
    @Describe(
            "the text: a file, a glob such as texts/*.txt, or a list of these, concatenated in order")
        @OneOrMany
        @Matches(value = PATH, words = "a path")
        List<String> corpus,
    @Describe("where to download the corpus if the file is missing")
        @Default("null")
        @Matches(value = "https?://\\S+", words = "an http or https URL")
        @Requires("sha256")
        String url,
    @Describe("SHA-256 of the file")
        @Default("null")
        @Matches(value = "[0-9a-fA-F]{64}", words = "64 hexadecimal digits")
        @Requires("url")
        String sha256,
    @Describe("Unicode normalization of the text") @Default("none") Normalization normalize,
    @Describe("lf: CR LF and CR become LF; keep: unchanged") @Default("lf") Newlines newlines,
    @Describe(
            "a run directory or vocabulary.json whose vocabulary to use; null: all characters of"
                + " the corpus")
        @Default("null")
        @Matches(value = PATH, words = "a path")
        String vocabulary,
    @Describe("handling of characters outside data.vocabulary") @Default("error")
        UnknownCharacters unknown,
    @Describe(
            "order of the text before it is split; lines: its lines in a random order given by seed,"
                + " for lists")
        @Default("none")
        Shuffle shuffle,
    @Describe("shares of the text; test may be 0")
        @Default("[0.90, 0.05, 0.05]")
        @Shares(
            value = {"train", "validation", "test"},
            positive = 2)
        List<Double> split,
    @Describe(
            "blocks of equal length that are each split, so that validation and test come from all"
                + " over the text, for books; 1: from its end")
        @Default("1")
        @Range("[1, 1000]")
        int splitBlocks) {

  static final String PATH = "[^\\x00]+";

  public Data {
    boolean oneFile = corpus == null || (corpus.size() == 1 && !isGlob(corpus.get(0)));
    Rules.of(
            Data.class,
            corpus,
            url,
            sha256,
            normalize,
            newlines,
            vocabulary,
            unknown,
            shuffle,
            split,
            splitBlocks)
        .and(
            url == null || oneFile,
            "url",
            "corpus",
            "downloads one file, so corpus must be that file, not a list or glob")
        .check();
    corpus = List.copyOf(corpus);
    split = List.copyOf(split);
  }

  /** Whether the last name of a path is a pattern; names of folders may contain brackets. */
  private static boolean isGlob(String entry) {
    String name = entry.substring(entry.lastIndexOf('/') + 1);
    return name.chars().anyMatch(character -> "*?[{".indexOf(character) >= 0);
  }

  /** A copy with absolute paths, relative ones resolved against the folder of their key. */
  Data resolve(Function<String, Path> folders) {
    List<String> files = new ArrayList<>();
    for (String entry : corpus) {
      files.add(absolute(folders.apply("data.corpus[%d]".formatted(files.size())), entry));
    }
    return new Data(
        files,
        url,
        sha256,
        normalize,
        newlines,
        vocabulary == null ? null : absolute(folders.apply("data.vocabulary"), vocabulary),
        unknown,
        shuffle,
        split,
        splitBlocks);
  }

  /** The same split in another number of blocks. */
  public Data withSplitBlocks(int blocks) {
    return new Data(
        corpus, url, sha256, normalize, newlines, vocabulary, unknown, shuffle, split, blocks);
  }

  /** The same in another order. */
  public Data with(Shuffle other) {
    return new Data(
        corpus, url, sha256, normalize, newlines, vocabulary, unknown, other, split, splitBlocks);
  }

  private static String absolute(Path base, String path) {
    return base.toAbsolutePath().resolve(path).normalize().toString();
  }

  /** Unicode normalization of the corpus. */
  public enum Normalization {
    NONE,
    NFC
  }

  /** Handling of CR LF and CR. */
  public enum Newlines {
    LF,
    KEEP
  }

  /** Order of the text. */
  public enum Shuffle {
    /** As in the files. */
    NONE,
    /** Lines in random order. */
    LINES
  }

  /** Handling of characters outside a given vocabulary. */
  public enum UnknownCharacters {
    ERROR,
    REPLACE
  }
}
