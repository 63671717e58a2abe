package trainer.service.datasets;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Stream;
import trainer.config.Data;
import trainer.file.AbsolutePath;
import trainer.file.FileErrors;
import trainer.file.LocaleEncoding;
import trainer.file.ShellWord;
import trainer.text.Confinement;
import trainer.text.CorpusFiles;
import trainer.text.FilePattern;
import trainer.text.TextException;

/**
 * The folders that submitted configurations may read, and nothing else: {@code ..}, absolute paths
 * and symbolic links cannot escape them. The processes that read the texts check this once more.
 *
 * @param folders absolute
 */
public record DatasetRoots(List<Path> folders) {
  /** Of a pattern; each may be compared with each character of every name in a folder. */
  static final int MOST_PATTERN_CHARACTERS = 1000;

  private static final int MOST_CHARACTERS = 4096; // of a path, as in Linux
  private static final Pattern NO_TEXT = Pattern.compile("\\..*|README\\.md|.*\\.yml");

  public DatasetRoots {
    folders = folders.stream().map(folder -> folder.toAbsolutePath().normalize()).toList();
  }

  /** Where texts may be read. */
  public Confinement confinement() {
    return new Confinement(folders);
  }

  /** Options that confine a process to the folders. */
  public List<String> options() {
    return folders.stream().map(folder -> "--confine=" + folder).toList();
  }

  /**
   * Resolves an entry of {@code data.corpus}. Relative paths are tried from each folder and from a
   * sibling of it, so {@code ../datasets/x.txt} means {@code x.txt} in the folder {@code datasets}.
   *
   * @param entry a file or pattern
   * @param encoding of the files
   * @throws DatasetException if it means no file, or one that is outside the folders or no text
   */
  public String resolve(String entry, Charset encoding) {
    Path path = find(entry);
    try {
      CorpusFiles.resolve(List.of(path.toString()), confinement()).check(encoding);
    } catch (TextException e) {
      throw new DatasetException("'%s': %s".formatted(ShellWord.onOneLine(entry), e.getMessage()));
    }
    return path.toString();
  }

  /**
   * Resolves {@code data.vocabulary}, as above.
   *
   * @param entry a file
   * @throws DatasetException if it is missing or outside the folders
   */
  public String resolveFile(String entry) {
    Path path = find(entry);
    if (!Files.isRegularFile(path)) {
      throw new DatasetException(
          "'%s': a vocabulary is one file, not a pattern".formatted(ShellWord.onOneLine(entry)));
    }
    return path.toString();
  }

  /**
   * The path or pattern of an entry, as above, without a look into the files.
   *
   * @throws DatasetException if it means no file, or one outside the folders
   */
  public Path find(String entry) {
    int most = Data.isPattern(entry) ? MOST_PATTERN_CHARACTERS : MOST_CHARACTERS;
    if (entry.length() > most) {
      throw new DatasetException(
          String.format(
              Locale.ROOT,
              "a path or pattern of %,d characters; it may have %,d",
              entry.length(),
              most));
    }
    try {
      for (Path folder : folders) {
        for (Path base : List.of(folder, folder.resolveSibling("configuration"))) {
          Path path = AbsolutePath.of(base.resolve(entry));
          if (path.startsWith(folder) && !path.equals(folder) && Files.isDirectory(folder)) {
            refuseHidden(entry, folder.relativize(path));
            if (meansFiles(path)) {
              return path;
            }
          }
        }
      }
    } catch (InvalidPathException e) {
      throw new DatasetException(
          "'%s' is not a path: %s".formatted(ShellWord.onOneLine(entry), LocaleEncoding.reason(e)));
    } catch (PatternSyntaxException e) {
      throw new DatasetException(
          "'%s' is not a pattern: %s".formatted(ShellWord.onOneLine(entry), e.getDescription()));
    } catch (TextException e) {
      throw new DatasetException("'%s': %s".formatted(ShellWord.onOneLine(entry), e.getMessage()));
    } catch (IOException e) {
      throw new DatasetException(
          "'%s': %s".formatted(ShellWord.onOneLine(entry), FileErrors.withFile(e)));
    }
    throw new DatasetException(
        "'%s' is not a file of the service's dataset folders (%s), the only files it reads%s; upload it,"
                .formatted(
                    ShellWord.onOneLine(entry),
                    String.join(", ", folders.stream().map(Path::toString).toList()),
                    FilePattern.hint(entry))
            + " with 'texts upload FILE', in the page under 'New run', or with PUT"
            + " /api/v1/datasets/NAME; or copy it there");
  }

  /** Uploads that are not complete have such names. */
  private static void refuseHidden(String entry, Path path) {
    for (Path name : path) {
      if (name.toString().startsWith(".")) {
        throw new DatasetException(
            "'%s': the service reads no files or folders whose names begin with '.'; rename it"
                .formatted(ShellWord.onOneLine(entry)));
      }
    }
  }

  private boolean meansFiles(Path path) throws IOException {
    List<Path> files = FilePattern.files(path, confinement());
    return !files.isEmpty() && files.stream().allMatch(Files::isRegularFile);
  }

  /**
   * The files directly in the folders, as entries for {@code data.corpus}, without README.md and
   * the descriptions of data sets.
   */
  public List<Path> list() throws IOException {
    List<Path> found = new ArrayList<>();
    for (Path folder : folders) {
      if (Files.isDirectory(folder)) {
        try (Stream<Path> files = Files.list(folder)) {
          files
              .filter(file -> !NO_TEXT.matcher(file.getFileName().toString()).matches())
              .filter(file -> isInside(folder, file))
              .sorted()
              .forEach(found::add);
        }
      }
    }
    return found;
  }

  /** Whether the file is in the folder after following symbolic links. */
  private static boolean isInside(Path folder, Path file) {
    try {
      return Files.isRegularFile(file) && file.toRealPath().startsWith(folder.toRealPath());
    } catch (IOException e) {
      return false;
    }
  }
}
