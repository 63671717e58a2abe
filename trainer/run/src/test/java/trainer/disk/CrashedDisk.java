package trainer.disk;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;

/**
 * A possible disk after a power failure: all operations followed by an fsync of their file or
 * directory, and a random part of the others.
 */
public final class CrashedDisk {
  private static final List<Data> FATES = List.copyOf(EnumSet.complementOf(EnumSet.of(Data.MIXED)));

  private final List<Operation> before;
  private final Data data;
  private final Names names;
  private final Random random;
  private final Map<Integer, byte[]> contents = new HashMap<>();
  private final Map<Path, Integer> files = new TreeMap<>();
  private final Set<Path> directories = new HashSet<>();

  /** State of unsynchronized content. */
  public enum Data {
    KEPT,
    DROPPED,
    /** The file has its length, but not its content. */
    ZEROS,
    GARBAGE,
    /** Each write up to a random byte. */
    TORN,
    /** Each write one of the others. */
    MIXED
  }

  /** State of unsynchronized names. */
  public enum Names {
    ALL,
    NONE,
    /** The first N, as with a journal. */
    FIRST,
    /** Any of them. */
    SOME
  }

  private CrashedDisk(List<Operation> before, Data data, Names names, Random random) {
    this.before = before;
    this.data = data;
    this.names = names;
    this.random = random;
  }

  /**
   * Creates a possible disk.
   *
   * @param before operations before the failure, in order
   * @param root their directory, which existed before
   * @param copy target directory
   */
  public static void write(
      List<Operation> before, Data data, Names names, Random random, Path root, Path copy)
      throws IOException {
    CrashedDisk disk = new CrashedDisk(before, data, names, random);
    disk.replay();
    disk.directories.add(root);
    for (Path directory : disk.directories.stream().sorted().toList()) {
      if (disk.directories.contains(directory.getParent())) {
        Files.createDirectory(copy.resolve(root.relativize(directory)));
      }
    }
    for (Map.Entry<Path, Integer> file : disk.files.entrySet()) {
      Path target = copy.resolve(root.relativize(file.getKey()));
      if (Files.isDirectory(target.getParent())) {
        Files.write(target, disk.contents.getOrDefault(file.getValue(), new byte[0]));
      }
    }
  }

  private void replay() {
    boolean[] kept = keptNames();
    for (int i = 0; i < before.size(); i++) {
      Operation operation = before.get(i);
      if (operation instanceof Operation.Write write) {
        apply(write, isSynchronized(write.file(), i));
      } else if (operation instanceof Operation.Truncate truncate) {
        if (isSynchronized(truncate.file(), i) || data == Data.KEPT) {
          byte[] content = contents.getOrDefault(truncate.file(), new byte[0]);
          if (truncate.length() < content.length) {
            contents.put(truncate.file(), Arrays.copyOf(content, (int) truncate.length()));
          }
        }
      } else if (kept[i]) {
        applyName(operation);
      }
    }
  }

  private boolean isSynchronized(int file, int at) {
    return before.subList(at, before.size()).contains(new Operation.Sync(file));
  }

  private void apply(Operation.Write write, boolean synchronizedLater) {
    Data fate = synchronizedLater ? Data.KEPT : data;
    if (fate == Data.MIXED) {
      fate = FATES.get(random.nextInt(FATES.size()));
    }
    byte[] bytes = write.bytes().clone();
    switch (fate) {
      case KEPT -> {}
      case DROPPED -> {
        return;
      }
      case ZEROS -> Arrays.fill(bytes, (byte) 0);
      case GARBAGE -> random.nextBytes(bytes);
      case TORN -> bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length + 1));
      case MIXED -> throw new IllegalStateException("chosen above");
    }
    byte[] content = contents.getOrDefault(write.file(), new byte[0]);
    int end = (int) write.position() + bytes.length;
    byte[] longer = Arrays.copyOf(content, Math.max(content.length, end));
    System.arraycopy(bytes, 0, longer, (int) write.position(), bytes.length);
    contents.put(write.file(), longer);
  }

  private boolean[] keptNames() {
    List<Integer> open = new ArrayList<>();
    boolean[] kept = new boolean[before.size()];
    for (int i = 0; i < kept.length; i++) {
      Path directory = directory(before.get(i));
      if (directory == null) {
        continue;
      }
      if (before.subList(i, kept.length).contains(new Operation.SyncDirectory(directory))) {
        kept[i] = true;
      } else {
        open.add(i);
      }
    }
    int first = random.nextInt(open.size() + 1);
    for (int n = 0; n < open.size(); n++) {
      kept[open.get(n)] =
          switch (names) {
            case ALL -> true;
            case NONE -> false;
            case FIRST -> n < first;
            case SOME -> random.nextBoolean();
          };
    }
    return kept;
  }

  /** The directory whose names an operation changes; null: none. */
  private static Path directory(Operation operation) {
    if (operation instanceof Operation.Create create) {
      return create.path().getParent();
    } else if (operation instanceof Operation.Rename rename) {
      return rename.to().getParent();
    } else if (operation instanceof Operation.Link link) {
      return link.path().getParent();
    } else if (operation instanceof Operation.Delete delete) {
      return delete.path().getParent();
    } else if (operation instanceof Operation.MakeDirectory directory) {
      return directory.path().getParent();
    }
    return null;
  }

  private void applyName(Operation operation) {
    if (operation instanceof Operation.Create create) {
      files.put(create.path(), create.file());
    } else if (operation instanceof Operation.Link link) {
      files.put(link.path(), link.file());
    } else if (operation instanceof Operation.Rename rename) {
      boolean sameFile = Integer.valueOf(rename.file()).equals(files.get(rename.to()));
      if (!sameFile) {
        files.remove(rename.from(), rename.file());
        files.put(rename.to(), rename.file());
      }
    } else if (operation instanceof Operation.Delete delete) {
      files.remove(delete.path());
    } else if (operation instanceof Operation.MakeDirectory directory) {
      directories.add(directory.path());
    }
  }
}
