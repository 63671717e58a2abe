package trainer.text;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.Charset;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.PatternSyntaxException;
import trainer.config.Data;
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
                  .formatted(file, before, entry));
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
      description.append(" and %,d more files".formatted(paths.size() - SHOWN));
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
        throw none(entry, path);
      }
      files.forEach(CorpusFiles::readable);
      if (files.get(0).equals(path) && size(path) == 0) {
        throw empty(confinement.admit(path));
      }
      return files;
    } catch (PatternSyntaxException e) {
      throw new TextException(
          "corpus: '%s' is not a pattern: %s".formatted(entry, e.getDescription()), e);
    } catch (IOException e) {
      throw unlisted(entry, e);
    }
  }

  private static TextException empty(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return new TextException(
          in.read() < 0
              ? "%s: the file is empty; name a file with text".formatted(file)
              : "%s: has text, but the system gives its size as 0, as in /proc; a corpus is read twice: copy it to a file: cp %s corpus.txt"
                  .formatted(file, ShellWord.of(file)));
    }
  }

  private static Path path(String entry) {
    try {
      return Path.of(entry).toAbsolutePath().normalize();
    } catch (InvalidPathException e) {
      throw new TextException(
          "corpus: '%s' is not a file name: %s".formatted(entry, LocaleEncoding.reason(e)), e);
    }
  }

  private static TextException none(String entry, Path path) {
    Path folder = FilePattern.folder(path);
    Path missing = folder.resolve(path.getName(folder.getNameCount()));
    String hint = FilePattern.hint(entry);
    if (missing.equals(path) && !Data.isPattern(path.getFileName().toString())) {
      return new TextException("%s: no such file; check the path%s".formatted(path, hint));
    }
    return new TextException(
        Data.isPattern(missing.getFileName().toString())
            ? "corpus: '%s' matches no file in %s%s".formatted(entry, folder, hint)
            : "corpus: '%s' matches nothing: there is no directory %s%s"
                .formatted(entry, missing, hint));
  }

  /** Skipping an unreadable folder would silently change the corpus. */
  private static TextException unlisted(String entry, IOException e) {
    String folder = e instanceof FileSystemException failure ? failure.getFile() : "a folder";
    return new TextException(
        "corpus: '%s': %s cannot be listed: %s; correct its permissions, or list files or other patterns"
            .formatted(entry, folder, FileErrors.reason(e)),
        e);
  }

  private static Path readable(Path file) {
    if (!Files.exists(file)) {
      throw new TextException(
          "%s: no such file; check the path%s".formatted(file, FilePattern.hint(file.toString())));
    }
    if (Files.isDirectory(file)) {
      throw new TextException(
          "%s: a directory; to read the files in it, write %s"
              .formatted(file, file.resolve("*.txt")));
    }
    if (!Files.isRegularFile(file)) {
      throw new TextException(
          "%s: not a regular file; a corpus is read twice: save it to a file".formatted(file));
    }
    if (!Files.isReadable(file)) {
      throw new TextException(
          "%s: cannot be read: permission denied; allow it: chmod u+r %s"
              .formatted(file, ShellWord.of(file)));
    }
    return file;
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
    return new TextException("%s: cannot be read: %s".formatted(file, FileErrors.reason(e)), e);
  }
}
