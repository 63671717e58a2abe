package trainer.text;

import java.io.File;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemLoopException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import trainer.config.Data;
import trainer.file.LocaleEncoding;
import trainer.file.ShellWord;

/**
 * The files that a path or pattern means: for the command line, the service and programs.
 *
 * <p>A name that exists is literal, whatever characters it has; the pattern begins at the first
 * name that does not exist. In it, {@code *}, {@code ?}, {@code [a-z]} and {@code {a,b}} stand for
 * characters of one name, and {@code **} for any number of folders, also none. Names that begin
 * with a dot are left out unless the name in the pattern begins with one. Links are followed.
 */
public final class FilePattern {
  private static final String FOLDERS = "**";
  private static final Pattern UNEXPANDED =
      Pattern.compile("(?:^|/)(~[^/]*/|[a-z][a-z0-9+.-]+:/|file:)|(\\$[\\w{(][^/]*)");

  private final Path start; // the part of the path that exists
  private final List<String> names; // the rest, each name literal, a pattern, or FOLDERS
  private final Map<String, NamePattern> matchers = new HashMap<>();
  private final Confinement confinement;
  private final Set<Path> files = new TreeSet<>();
  private final Set<List<Object>> expanded = new HashSet<>();

  private FilePattern(Path start, Path rest, Confinement confinement) {
    this.start = start;
    this.confinement = confinement;
    names = new ArrayList<>();
    for (int i = 0; i < rest.getNameCount(); i++) {
      String name = rest.getName(i).toString();
      boolean folders = name.startsWith(FOLDERS);
      if (folders && (names.isEmpty() || !names.get(names.size() - 1).equals(FOLDERS))) {
        names.add(FOLDERS); // **/** is **
      }
      if (!name.equals(FOLDERS) || i == rest.getNameCount() - 1) {
        names.add(folders ? name.substring(1) : name); // **.txt is **/*.txt
      }
    }
    names.forEach(this::compile);
  }

  private void compile(String name) {
    if (name.equals(FOLDERS) || !Data.isPattern(name)) {
      return;
    }
    if (name.contains(FOLDERS)) {
      throw new PatternSyntaxException(
          "'**' must begin a name, as in **/" + ShellWord.onOneLine(name), name, -1);
    }
    try {
      matchers.put(name, new NamePattern(name));
    } catch (PatternSyntaxException e) {
      throw new PatternSyntaxException(
          "%s in '%s'; brackets and braces stay within one name"
              .formatted(e.getDescription(), ShellWord.onOneLine(name)),
          name,
          -1);
    }
  }

  /**
   * The files meant by a path, sorted: itself if it exists. Empty if there are none.
   *
   * @param path absolute and normalized
   * @throws IOException if a folder cannot be listed; leaving it out would change the text silently
   * @throws PatternSyntaxException if the pattern is malformed
   * @throws TextException if a folder or file is outside the confinement
   */
  public static List<Path> files(Path path, Confinement confinement) throws IOException {
    int existing = existing(path);
    if (existing == path.getNameCount()) {
      confinement.admit(path);
      return List.of(path);
    }
    Path rest = path.subpath(existing, path.getNameCount());
    if (!Data.isPattern(rest.getName(0).toString())) {
      return List.of();
    }
    FilePattern pattern = new FilePattern(start(path, existing), rest, confinement);
    if (Files.isDirectory(pattern.start)) {
      confinement.admit(pattern.start);
      pattern.expand(pattern.start, 0, List.of());
    }
    return List.copyOf(pattern.files);
  }

  /** The existing folder in which the first missing name of a path was looked for. */
  static Path folder(Path path) {
    return start(path, existing(path));
  }

  /** The number of names at the beginning of a path that exist. */
  private static int existing(Path path) {
    int count = 0;
    while (count < path.getNameCount() && Files.exists(start(path, count + 1))) {
      count++;
    }
    return count;
  }

  private static Path start(Path path, int count) {
    return count == 0 ? path.getRoot() : path.getRoot().resolve(path.subpath(0, count));
  }

  /**
   * Why a file may be missing: its path is in a form that only a shell or a browser understands, or
   * has characters that the locale lacks. Otherwise empty.
   */
  public static String hint(String path) {
    Matcher found = UNEXPANDED.matcher(path);
    if (!found.find()) {
      return path.contains("\\") && File.separatorChar == '/'
          ? "; '\\' is part of a name here: write / between folders"
          : LocaleEncoding.hint(path);
    }
    String word = (found.group(1) == null ? found.group(2) : found.group(1)).replace("/", "");
    return word.endsWith(":")
        ? ("; '%s' is part of the file's name, not of a URL: write a path; data.url and data.sha256"
                + " download a file that is missing")
            .formatted(word)
        : "; '%s' is not replaced: write the path in full".formatted(ShellWord.onOneLine(word));
  }

  /**
   * Adds the files below a folder that the names from {@code next} on mean.
   *
   * @param above real paths of the folders that {@code **} has entered
   */
  private void expand(Path folder, int next, List<Path> above) throws IOException {
    if (!expanded.add(List.of(folder, next))) {
      return;
    }
    String name = names.get(next);
    boolean last = next == names.size() - 1;
    if (name.equals(FOLDERS)) {
      expand(folder, next + 1, above);
      List<Path> entered = new ArrayList<>(above);
      entered.add(folder.toRealPath());
      for (Path child : children(folder, path -> !isHidden(path) && Files.isDirectory(path))) {
        if (entered.contains(confinement.admit(child).toRealPath())) {
          throw new FileSystemLoopException(child.toString());
        }
        expand(child, next, entered);
      }
      return;
    }
    for (Path child : named(folder, name)) {
      boolean directory = Files.isDirectory(child);
      if (last != directory) {
        confinement.admit(child);
        if (last) {
          files.add(child);
        } else {
          expand(child, next + 1, above);
        }
      }
    }
  }

  private List<Path> named(Path folder, String name) throws IOException {
    Path exact = folder.resolve(name);
    if (Files.exists(exact)) {
      return List.of(exact);
    }
    NamePattern matcher = matchers.get(name);
    return matcher == null
        ? List.of()
        : children(
            folder,
            path ->
                matcher.matches(path.getFileName().toString())
                    && (!isHidden(path) || name.startsWith(".")));
  }

  private static boolean isHidden(Path path) {
    return path.getFileName().toString().startsWith(".");
  }

  private static List<Path> children(Path folder, DirectoryStream.Filter<Path> filter)
      throws IOException {
    List<Path> children = new ArrayList<>();
    try (DirectoryStream<Path> stream = Files.newDirectoryStream(folder, filter)) {
      stream.forEach(children::add);
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    return children;
  }
}
