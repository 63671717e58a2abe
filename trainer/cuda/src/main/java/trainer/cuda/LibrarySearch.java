package trainer.cuda;

import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds CUDA's shared libraries: in the configured folders, on the system loader's path, in CUDA
 * toolkits, and in pip packages. Users rarely have all of them on the loader's path: toolkits
 * install below /usr/local, pip wheels in site-packages. A library and the companions it loads by
 * name must come from the same folder.
 *
 * @param named configured folders
 * @param usual folders searched after the loader's path; null: neither these nor the loader's path
 */
public record LibrarySearch(List<Path> named, List<Path> usual) {
  private static final Logger LOG = LoggerFactory.getLogger(LibrarySearch.class);

  /** The setting: a Java system property, or the environment variable TRAINER_CUDA_LIBRARIES. */
  static final String SETTING = "trainer.cuda.libraries";

  private static final String VARIABLE = "TRAINER_CUDA_LIBRARIES";

  private static final Path LOADER_CACHE = Path.of("/etc/ld.so.cache");

  /** Those that Linux's loader searches without being told. */
  private static final List<String> LOADER_FOLDERS =
      List.of("/lib", "/usr/lib", "/lib64", "/usr/lib64");

  /**
   * Keeps libraries loaded until the process ends: JNA unloads unreachable ones, which crashes
   * NVIDIA's.
   */
  private static final Set<NativeLibrary> LOADED = ConcurrentHashMap.newKeySet();

  /**
   * A found library.
   *
   * @param source its path, or its name if the system's loader found it
   */
  public record Found<T>(T functions, String source) {}

  /** The search of this machine, with its settings. */
  public static LibrarySearch ofThisMachine() {
    String setting = System.getProperty(SETTING, System.getenv(VARIABLE));
    return new LibrarySearch(
        setting == null ? List.of() : folders(Stream.of(setting.split(File.pathSeparator))),
        usualFolders());
  }

  private static List<Path> usualFolders() {
    List<Path> folders = new ArrayList<>();
    for (String variable : List.of("CUDA_HOME", "CUDA_PATH", "CONDA_PREFIX")) {
      if (System.getenv(variable) != null) {
        Path home = Path.of(System.getenv(variable));
        folders.add(home.resolve("lib64"));
        folders.add(home.resolve("lib"));
        folders.addAll(pythonPackages(home));
      }
    }
    Path local = Path.of("/usr/local");
    for (Path toolkit : matching(local, "cuda*")) {
      folders.add(toolkit.resolve("lib64"));
    }
    if (System.getenv("VIRTUAL_ENV") != null) {
      folders.addAll(pythonPackages(Path.of(System.getenv("VIRTUAL_ENV"))));
    }
    folders.addAll(pythonPackages(local));
    folders.addAll(pythonPackages(Path.of("/usr")));
    folders.addAll(pythonPackages(Path.of(System.getProperty("user.home"), ".local")));
    folders.addAll(ofPythonsOn(System.getenv("PATH")));
    return folders;
  }

  /** The packages of the Python installations on a PATH, as of images with PyTorch. */
  static List<Path> ofPythonsOn(String path) {
    List<Path> folders = new ArrayList<>();
    for (Path bin : folders(Stream.of((path == null ? "" : path).split(File.pathSeparator)))) {
      Path python = bin.resolve("python3");
      if (Files.isExecutable(python)) {
        folders.addAll(pythonPackages(bin.resolve("..")));
        try {
          folders.addAll(pythonPackages(python.toRealPath().getParent().resolve("..")));
        } catch (IOException e) {
          LOG.debug("cannot follow {}", python, e);
        }
      }
    }
    return folders;
  }

  /** Folders of NVIDIA's pip packages: nvidia/cu13/lib, nvidia/cublas/lib etc. */
  private static List<Path> pythonPackages(Path prefix) {
    List<Path> folders = new ArrayList<>();
    for (Path python : matching(prefix.resolve("lib"), "python3*")) {
      for (String packages : List.of("site-packages", "dist-packages")) {
        for (Path part : matching(python.resolve(packages).resolve("nvidia"), "*")) {
          folders.add(part.resolve("lib"));
        }
      }
    }
    return folders;
  }

  private static List<Path> folders(Stream<String> names) {
    return names.filter(name -> !name.isBlank()).map(Path::of).toList();
  }

  /** Entries of a folder that match a pattern, in descending order: the newest version first. */
  private static List<Path> matching(Path folder, String names) {
    List<Path> found = new ArrayList<>();
    if (Files.isDirectory(folder)) {
      try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder, names)) {
        entries.forEach(found::add);
      } catch (IOException e) {
        return List.of(); // treat an unreadable folder as empty
      }
    }
    Collections.sort(found, Collections.reverseOrder());
    return found;
  }

  /**
   * Finds a library; null if there is none.
   *
   * @param names in order of preference
   * @param companions patterns of libraries in the same folder that this one loads itself, but
   *     searches only on the system loader's path
   */
  public <T extends Library> Found<T> find(
      Class<T> type, List<String> names, List<String> companions) {
    for (String name : names) {
      Found<T> found = inFolders(named, type, name, companions);
      if (found == null && usual != null) {
        found = byLoader(type, name);
        if (found == null) {
          found = inFolders(usual, type, name, companions);
        }
      }
      if (found != null) {
        return found;
      }
    }
    return null;
  }

  private static <T extends Library> Found<T> inFolders(
      List<Path> folders, Class<T> type, String name, List<String> companions) {
    for (Path folder : folders) {
      Path file = folder.resolve(name);
      if (Files.exists(file)) {
        companions.forEach(names -> matching(folder, names).forEach(LibrarySearch::preload));
        try {
          return new Found<>(load(type, file.toString()), file.toString());
        } catch (UnsatisfiedLinkError e) {
          LOG.warn("{} exists but cannot be loaded: {}", file, e.getMessage());
        }
      }
    }
    return null;
  }

  private static <T extends Library> T load(Class<T> type, String name) {
    LOADED.add(NativeLibrary.getInstance(name));
    return Native.load(name, type);
  }

  private static void preload(Path companion) {
    try {
      LOADED.add(NativeLibrary.getInstance(companion.toString()));
    } catch (UnsatisfiedLinkError e) {
      return; // the library that needs it will report it
    }
  }

  private static <T extends Library> Found<T> byLoader(Class<T> type, String name) {
    if (isAbsent(name, LOADER_CACHE)) {
      return null;
    }
    try {
      return new Found<>(load(type, name), name);
    } catch (UnsatisfiedLinkError e) {
      return null;
    }
  }

  /**
   * Whether none of the folders that Linux's loader knows has a library. JNA would find out by
   * starting {@code ldconfig -p}, and unpack itself for it: some 80 ms of most starts without GPU.
   *
   * @param cache of the loader: a file that has the paths of libraries, each followed by a zero
   */
  static boolean isAbsent(String name, Path cache) {
    try {
      String variable = Objects.requireNonNullElse(System.getenv("LD_LIBRARY_PATH"), "");
      Stream<String> known =
          Pattern.compile("(/[^\\x00]*)/[^/\\x00]+\\x00")
              .matcher(Files.readString(cache, StandardCharsets.ISO_8859_1))
              .results()
              .map(path -> path.group(1));
      return Stream.of(Stream.of(variable.split(":")), LOADER_FOLDERS.stream(), known)
          .flatMap(folders -> folders)
          .distinct()
          .noneMatch(folder -> Files.exists(Path.of(folder, name)));
    } catch (IOException e) {
      return false; // another system: its loader will tell
    }
  }

  /** The searched places, for messages. */
  public String places() {
    return "searched "
        + (named.isEmpty() ? "" : "%s, ".formatted(join(named)))
        + (usual == null ? "nowhere else" : "the system loader's path, CUDA toolkits ")
        + (usual == null
            ? ""
            : "and Python's nvidia packages; %s=FOLDER adds a folder".formatted(VARIABLE));
  }

  private static String join(List<Path> folders) {
    return String.join(", ", folders.stream().map(Path::toString).toList());
  }
}
