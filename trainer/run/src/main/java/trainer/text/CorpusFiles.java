package trainer.text;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystems;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Stream;
import trainer.file.FileErrors;
import trainer.file.LocaleEncoding;
import trainer.file.ShellWord;

/**
 * The files of a corpus in reading order: entries as listed, matches of a glob sorted by path.
 * Their texts are concatenated without a separator.
 *
 * @param paths absolute
 */
record CorpusFiles(List<Path> paths) {
  private static final String GLOB_CHARACTERS = "*?[{";

  CorpusFiles {
    paths = List.copyOf(paths);
  }

  /**
   * Finds the files.
   *
   * @param entries files or globs; {@code **} crosses directories, {@code *} skips hidden files
   * @throws TextException if an entry matches no readable file, or a file is listed twice
   */
  static CorpusFiles resolve(List<String> entries) {
    if (entries.isEmpty()) {
      throw new TextException("data.corpus: no file is listed; name at least one");
    }
    Map<Path, String> entryOfFile = new LinkedHashMap<>();
    List<Path> files = new ArrayList<>();
    for (String entry : entries) {
      for (Path file : isGlob(entry) ? matches(entry) : List.of(namedFile(entry))) {
        String before = entryOfFile.putIfAbsent(real(file), entry);
        if (before != null) {
          throw new TextException(
              "%s: in the corpus twice, by data.corpus '%s' and '%s'; remove one"
                  .formatted(file, before, entry));
        }
        files.add(file);
      }
    }
    return new CorpusFiles(files);
  }

  /**
   * Files in the order given.
   *
   * @throws TextException if one cannot be read
   */
  static CorpusFiles of(List<Path> files) {
    return new CorpusFiles(files.stream().map(CorpusFiles::readable).toList());
  }

  /** Bytes of all files together. */
  long bytes() {
    return sizes().stream().mapToLong(Long::longValue).sum();
  }

  /** Bytes of each file. */
  List<Long> sizes() {
    return paths.stream().map(CorpusFiles::size).toList();
  }

  /** For messages: the file, or the first one and the number of others. */
  String description() {
    return paths.size() == 1
        ? paths.get(0).toString()
        : "%s and %d more".formatted(paths.get(0), paths.size() - 1);
  }

  private static boolean isGlob(String entry) {
    return hasGlobCharacters(entry) && !Files.exists(path(entry));
  }

  private static boolean hasGlobCharacters(String text) {
    return text.chars().anyMatch(c -> GLOB_CHARACTERS.indexOf(c) >= 0);
  }

  private static Path path(String entry) {
    try {
      return Path.of(entry).toAbsolutePath().normalize();
    } catch (InvalidPathException e) {
      throw new TextException(
          "data.corpus: '%s' is not a file name: %s".formatted(entry, LocaleEncoding.reason(e)), e);
    }
  }

  private static Path namedFile(String entry) {
    Path file = readable(path(entry));
    if (size(file) == 0) {
      if (hasContent(file)) {
        throw new TextException(
            "%s: has text, but the system gives its size as 0, as in /proc; a corpus is read twice: copy it to a file: cp %s corpus.txt"
                .formatted(file, ShellWord.of(file)));
      }
      throw new TextException("%s: the file is empty; name a file with text".formatted(file));
    }
    return file;
  }

  private static boolean hasContent(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      return in.read() >= 0;
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  private static List<Path> matches(String entry) {
    Path pattern = path(entry);
    PathMatcher matcher;
    try {
      matcher = FileSystems.getDefault().getPathMatcher("glob:" + pattern);
    } catch (PatternSyntaxException e) {
      throw new TextException(
          "data.corpus: '%s' is not a glob: %s".formatted(entry, e.getDescription()), e);
    }
    Path directory = pattern.getRoot();
    int fixed = 0;
    while (fixed < pattern.getNameCount() - 1
        && !hasGlobCharacters(pattern.getName(fixed).toString())) {
      directory = directory.resolve(pattern.getName(fixed++));
    }
    if (!Files.isDirectory(directory)) {
      throw new TextException(
          "data.corpus: '%s' matches nothing: there is no directory %s"
              .formatted(entry, directory));
    }
    int depth = entry.contains("**") ? Integer.MAX_VALUE : pattern.getNameCount() - fixed;
    boolean hidden = pattern.getFileName().toString().startsWith(".");
    try (Stream<Path> found =
        Files.find(
            directory,
            depth,
            (file, attributes) -> !attributes.isDirectory() && matcher.matches(file),
            FileVisitOption.FOLLOW_LINKS)) {
      List<Path> files =
          found
              .filter(file -> hidden || !file.getFileName().toString().startsWith("."))
              .sorted()
              .map(CorpusFiles::readable)
              .toList();
      if (files.isEmpty()) {
        throw new TextException(
            "data.corpus: '%s' matches no file in %s".formatted(entry, directory));
      }
      return files;
    } catch (UncheckedIOException e) {
      throw unlisted(entry, e.getCause());
    } catch (IOException e) {
      throw unlisted(entry, e);
    }
  }

  /** Skipping an unreadable folder would silently change the corpus. */
  private static TextException unlisted(String entry, IOException e) {
    String folder = e instanceof FileSystemException failure ? failure.getFile() : "a folder";
    return new TextException(
        "data.corpus: '%s': %s cannot be listed: %s; correct its permissions, or list files or other globs"
            .formatted(entry, folder, FileErrors.reason(e)),
        e);
  }

  private static Path readable(Path file) {
    if (!Files.exists(file)) {
      throw new TextException(
          "%s: no such file; check the path%s"
              .formatted(file, LocaleEncoding.hint(file.toString())));
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
