package trainer.text;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.Charset;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Stream;
import trainer.config.Data;
import trainer.config.binding.Names;
import trainer.file.AbsolutePath;
import trainer.file.FileErrors;
import trainer.file.LocaleEncoding;
import trainer.file.ShellWord;

/**
 * The files of a corpus in reading order: entries as listed, matches of a pattern sorted by path.
 *
 * @param paths absolute
 * @param confinement checked again each time a file is opened
 */
public record CorpusFiles(List<Path> paths, Confinement confinement) {
  private static final int SHOWN = 3;
  private static final int MOST_NAMES = 1000; // of a folder, to find one that was meant

  public CorpusFiles {
    paths = List.copyOf(paths);
  }

  /**
   * Finds the files.
   *
   * @param entries paths or patterns: see {@link FilePattern}
   * @throws TextException if an entry means no readable file, or a file is listed twice
   */
  public static CorpusFiles resolve(List<String> entries, Confinement confinement) {
    if (entries.isEmpty()) {
      throw new TextException("corpus: no file is listed; name at least one");
    }
    Map<Path, String> entryOfFile = new LinkedHashMap<>();
    List<Path> files = new ArrayList<>();
    for (String entry : entries) {
      for (Path file : meantBy(entry, confinement)) {
        String before = entryOfFile.putIfAbsent(real(file), entry);
        if (before != null) {
          throw new TextException(
              "%s: in the corpus twice, by '%s' and '%s'; remove one"
                  .formatted(
                      ShellWord.shown(file),
                      ShellWord.onOneLine(before),
                      ShellWord.onOneLine(entry)));
        }
        files.add(file);
      }
    }
    return new CorpusFiles(files, confinement);
  }

  /**
   * Files in the order given.
   *
   * @throws TextException if one cannot be read
   */
  static CorpusFiles of(List<Path> files) {
    return new CorpusFiles(files.stream().map(CorpusFiles::readable).toList(), Confinement.none());
  }

  /** Bytes of all files together. */
  long bytes() {
    return sizes().stream().mapToLong(Long::longValue).sum();
  }

  /** Bytes of each file. */
  List<Long> sizes() {
    return paths.stream().map(CorpusFiles::size).toList();
  }

  /** For people: the file, or the first few and the number of the others. */
  String description() {
    Path first = paths.get(0);
    StringBuilder description = new StringBuilder(ShellWord.shown(first));
    for (int i = 1; i < Math.min(SHOWN, paths.size()); i++) {
      Path file = paths.get(i);
      boolean near = file.startsWith(first.getParent());
      description
          .append(", ")
          .append(ShellWord.shown(near ? first.getParent().relativize(file) : file));
    }
    if (paths.size() > SHOWN) {
      description.append(String.format(Locale.ROOT, " and %,d more files", paths.size() - SHOWN));
    }
    return description.toString();
  }

  /**
   * Checks that each file is a text, by its first bytes.
   *
   * @throws TextException if one is of another kind: an archive, an image, another encoding
   */
  public void check(Charset encoding) {
    for (Path file : paths) {
      try (InputStream in = open(file)) {
        byte[] head = in.readNBytes(FileKind.HEAD_BYTES);
        TextDecoder.check(file.toString(), head, head.length, encoding);
      } catch (IOException e) {
        throw unreadable(file, e);
      }
    }
  }

  /** Opens a file, after checking once more that it may be read. */
  InputStream open(Path file) throws IOException {
    return Files.newInputStream(confinement.admit(file));
  }

  private static List<Path> meantBy(String entry, Confinement confinement) {
    Path path = path(entry);
    try {
      List<Path> files = FilePattern.files(path, confinement);
      if (files.isEmpty()) {
        throw none(entry, path, confinement);
      }
      files.forEach(CorpusFiles::readable);
      if (files.get(0).equals(path) && size(path) == 0) {
        throw empty(confinement.admit(path));
      }
      return files;
    } catch (PatternSyntaxException e) {
      throw new TextException(
          "corpus: '%s' is not a pattern: %s"
              .formatted(ShellWord.onOneLine(entry), e.getDescription()),
          e);
    } catch (IOException e) {
      throw unlisted(entry, e);
    }
  }

  private static TextException empty(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return new TextException(
          in.read() < 0
              ? "%s: the file is empty; name a file with text".formatted(ShellWord.shown(file))
              : "%s: has text, but the system gives its size as 0, as in /proc; a corpus is read twice: copy it to a file: cp %s %s"
                  .formatted(
                      ShellWord.shown(file), ShellWord.of(file), FileKind.newText("corpus")));
    }
  }

  private static Path path(String entry) {
    try {
      return AbsolutePath.of(Path.of(entry));
    } catch (InvalidPathException e) {
      throw new TextException(
          "corpus: '%s' is not a file name: %s"
              .formatted(ShellWord.onOneLine(entry), LocaleEncoding.reason(e)),
          e);
    }
  }

  private static TextException none(String entry, Path path, Confinement confinement) {
    Path folder = FilePattern.folder(path);
    Path missing = folder.resolve(path.getName(folder.getNameCount()));
    String hint = FilePattern.hint(entry);
    String way =
        hint.isEmpty() ? nearest(folder, missing.getFileName().toString(), confinement) : hint;
    if (!Files.isDirectory(folder)) {
      return new TextException(
          "corpus: '%s' matches nothing: %s is a file, not a directory"
              .formatted(ShellWord.onOneLine(entry), ShellWord.shown(folder)));
    }
    if (missing.equals(path) && !Data.isPattern(path.getFileName().toString())) {
      return missing(path, way);
    }
    return new TextException(
        Data.isPattern(missing.getFileName().toString())
            ? "corpus: '%s' matches no file in %s%s"
                .formatted(ShellWord.onOneLine(entry), ShellWord.shown(folder), hint)
            : "corpus: '%s' matches nothing: there is no directory %s%s"
                .formatted(ShellWord.onOneLine(entry), ShellWord.shown(missing), way));
  }

  private static TextException missing(Path file, String way) {
    return new TextException(
        Files.isSymbolicLink(file)
            ? "%s: a link to a file that does not exist: remove it, or link it to another"
                .formatted(ShellWord.shown(file))
            : "%s: no such file; check the path%s".formatted(ShellWord.shown(file), way));
  }

  /** A name of the folder that may be meant: misspelt, or in another normalization. */
  private static String nearest(Path folder, String name, Confinement confinement) {
    try (Stream<Path> children = Files.list(confinement.admit(folder))) {
      Map<String, String> names = new TreeMap<>();
      children
          .limit(MOST_NAMES)
          .map(child -> child.getFileName().toString())
          .forEach(child -> names.put(plain(child), child));
      return Names.nearest(plain(name), names.keySet())
          .map(near -> "; did you mean %s?".formatted(ShellWord.of(names.get(near))))
          .orElse("");
    } catch (IOException | TextException e) {
      return "";
    }
  }

  private static String plain(String name) {
    return Normalizer.normalize(name, Normalizer.Form.NFC).strip().toLowerCase(Locale.ROOT);
  }

  /** Skipping an unreadable folder would silently change the corpus. */
  private static TextException unlisted(String entry, IOException e) {
    String folder =
        e instanceof FileSystemException failure
            ? ShellWord.shown(Path.of(failure.getFile()))
            : "a folder";
    String way =
        e instanceof FileSystemLoopException ? "remove the link" : "correct its permissions";
    return new TextException(
        "corpus: '%s': %s cannot be listed: %s; %s, or list files or other patterns"
            .formatted(ShellWord.onOneLine(entry), folder, FileErrors.reason(e), way),
        e);
  }

  private static Path readable(Path file) {
    String shown = ShellWord.shown(file);
    if (!Files.exists(file)) {
      throw missing(file, FilePattern.hint(file.toString()));
    }
    if (Files.isDirectory(file)) {
      throw new TextException(
          "%s: a directory; to read the files in it, write %s"
              .formatted(shown, ShellWord.shown(filesIn(file))));
    }
    if (!Files.isRegularFile(file)) {
      throw new TextException(
          "%s: not a regular file; a corpus is read twice: save it to a file".formatted(shown));
    }
    if (!Files.isReadable(file)) {
      throw new TextException(
          "%s: cannot be read: permission denied; allow it: chmod u+r %s"
              .formatted(shown, ShellWord.of(file)));
    }
    return file;
  }

  /** A pattern that means files of a folder, if it has any. */
  private static Path filesIn(Path folder) {
    for (String pattern : List.of("*.txt", "*", "**")) {
      try {
        if (!FilePattern.files(folder.resolve(pattern), Confinement.none()).isEmpty()) {
          return folder.resolve(pattern);
        }
      } catch (IOException e) {
        break;
      }
    }
    return folder.resolve("*.txt");
  }

  private static Path real(Path file) {
    try {
      return file.toRealPath();
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  private static long size(Path file) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  static TextException unreadable(Path file, IOException e) {
    return new TextException(
        "%s: cannot be read: %s".formatted(ShellWord.shown(file), FileErrors.reason(e)), e);
  }
}
