package trainer.config;

import java.nio.charset.Charset;
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
import trainer.file.AbsolutePath;

/** The training text. */
public record Data(
    @Describe(
            "the text: a file, a pattern such as texts/*.txt or texts/**/*.txt, or a list of these, in"
                + " this order")
        @OneOrMany
        @Matches(value = PATH, words = "a path")
        List<String> corpus,
    @Describe("where to download the corpus if the file is missing")
        @Default("null")
        @Matches(
            value = "https?://(?![^/?#\\s]*@)\\S+",
            words = "an https URL without user and password")
        @Requires("sha256")
        String url,
    @Describe("SHA-256 of the file")
        @Default("null")
        @Matches(value = "[0-9a-fA-F]{64}", words = "64 hexadecimal digits")
        @Requires("url")
        String sha256,
    @Describe(
            "encoding of the files, such as windows-1252; one that begins with the mark of UTF-8 is"
                + " UTF-8")
        @Default("UTF-8")
        Charset encoding,
    @Describe(
            "between two files: line: a line end, unless the first ends with one; none: nothing;"
                + " null: line, or what a resumed run had")
        @Default("null")
        Separator separator,
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
    boolean oneFile = corpus == null || (corpus.size() == 1 && !isPattern(lastName(corpus.get(0))));
    Rules.of(
            Data.class,
            corpus,
            url,
            sha256,
            encoding,
            separator,
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

  private static String lastName(String entry) {
    return entry.substring(entry.lastIndexOf('/') + 1);
  }

  /** Whether a name has a character of patterns; a file of that name is meant literally. */
  public static boolean isPattern(String name) {
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
        encoding,
        separator,
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
    return with(encoding, separator, shuffle, blocks);
  }

  /** The same in another order. */
  public Data with(Shuffle other) {
    return with(encoding, separator, other, splitBlocks);
  }

  /** As a new run begins with it: what is left open has its value. */
  public Data started() {
    return separator == null ? with(encoding, Separator.LINE) : this;
  }

  /** As a checkpoint records it: runs that began before the key had no separator. */
  public Data recorded() {
    return separator == null ? with(encoding, Separator.NONE) : this;
  }

  /** As a run goes on with it: what is left open has the value of the run. */
  public Data resuming(Data recorded) {
    return separator == null ? with(encoding, recorded.separator) : this;
  }

  /** The same with files that are read in another way. */
  public Data with(Charset otherEncoding, Separator otherSeparator) {
    return with(otherEncoding, otherSeparator, shuffle, splitBlocks);
  }

  private Data with(Charset charset, Separator between, Shuffle order, int blocks) {
    return new Data(
        corpus,
        url,
        sha256,
        charset,
        between,
        normalize,
        newlines,
        vocabulary,
        unknown,
        order,
        split,
        blocks);
  }

  private static String absolute(Path base, String path) {
    return AbsolutePath.of(base.resolve(path)).toString();
  }

  /** Unicode normalization of the corpus. */
  public enum Normalization {
    NONE,
    NFC
  }

  /** What stands between two files of the corpus. */
  public enum Separator {
    /** A line end, unless the first file ends with one. */
    LINE,
    /** Nothing. */
    NONE
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
