package trainer.disk;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;
import org.opentest4j.TestAbortedException;

/**
 * A small real file system, mounted in a folder, to be filled or made read-only by a test. It needs
 * root on Linux; elsewhere its tests are skipped.
 */
public final class MountedDisk implements AutoCloseable {
  private static final String FIRST_SUBVOLUME = "0/256"; // its number, always

  private final Path image;
  private final Path path;
  private final Path subvolume;
  private boolean mounted;
  private boolean limited;

  /** The resource that a full disk lacks. */
  public enum Shortage {
    /** Space for content. */
    BYTES,
    /** Room for another file. */
    FILES,
    /** The quota, only on {@link #btrfs}. */
    QUOTA
  }

  private MountedDisk(Path folder) throws IOException {
    image = folder.resolve("image");
    path = Files.createDirectory(folder.resolve("disk"));
    subvolume = path.resolve("subvolume");
  }

  /**
   * Creates and mounts an ext4 file system.
   *
   * @param mebibytes its size
   * @throws TestAbortedException if that is not possible
   */
  public static MountedDisk ext4(Path folder, int mebibytes) throws IOException {
    // No blocks reserved for root.
    return make(folder, mebibytes, "mkfs.ext4", "-q", "-m", "0", "-N", "128");
  }

  /**
   * Creates and mounts a btrfs file system, whose {@link #subvolume} may have a quota.
   *
   * @param mebibytes its size
   * @throws TestAbortedException if that is not possible
   */
  public static MountedDisk btrfs(Path folder, int mebibytes) throws IOException {
    MountedDisk disk = make(folder, mebibytes, "mkfs.btrfs", "-q", "--mixed");
    command("btrfs", "quota", "enable", disk.path.toString());
    command("btrfs", "subvolume", "create", disk.subvolume.toString());
    return disk;
  }

  private static MountedDisk make(Path folder, int mebibytes, String... program)
      throws IOException {
    MountedDisk disk = new MountedDisk(folder);
    try (FileChannel channel =
        FileChannel.open(disk.image, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      channel.write(UTF_8.encode("\0"), mebibytes * (1L << 20) - 1);
    }
    try {
      command(Stream.concat(Stream.of(program), Stream.of(disk.image.toString())).toList());
      disk.mount("rw");
    } catch (IOException e) {
      throw new TestAbortedException(
          "not tested: no file system can be mounted here: " + e.getMessage(), e);
    }
    return disk;
  }

  /** The mount point. */
  public Path path() {
    return path;
  }

  /** The folder with the quota. */
  public Path subvolume() {
    return subvolume;
  }

  private void mount(String options) throws IOException {
    command("mount", "-o", "loop," + options, image.toString(), path.toString());
    mounted = true;
  }

  /** Remounts it with options such as {@code ro}. */
  public void remount(String options) throws IOException {
    unmount("umount");
    mount(options);
  }

  /** Makes it read-only even with open files, as Linux does when a disk fails. */
  public void fail() throws IOException {
    command("mount", "-o", "remount,abort", path.toString());
  }

  /** Uses up the remaining space. */
  public void fill(Shortage shortage) throws IOException {
    Path ballast = Files.createDirectories(path.resolve("ballast"));
    switch (shortage) {
      case BYTES -> {
        try (FileChannel file =
            FileChannel.open(
                ballast.resolve("file"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
          untilFull(() -> file.write(ByteBuffer.allocate(1 << 10)));
        }
      }
      case FILES -> untilFull(() -> Files.createTempFile(ballast, "empty", ""));
      case QUOTA -> limit("1");
    }
  }

  private void limit(String bytes) throws IOException {
    // For the whole file system: changes in the subvolume then count against its quota.
    command("btrfs", "qgroup", "limit", bytes, FIRST_SUBVOLUME, path.toString());
    limited = true;
  }

  private interface Filling {
    Object more() throws IOException;
  }

  private static void untilFull(Filling filling) throws IOException {
    try {
      while (true) {
        filling.more();
      }
    } catch (IOException e) {
      if (!String.valueOf(e.getMessage()).contains("No space left")) {
        throw e;
      }
    }
  }

  /** Frees the space of {@link #fill}. */
  public void free() throws IOException {
    if (limited) {
      limit("none");
    }
    Path ballast = path.resolve("ballast");
    try (var files = Files.list(ballast)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(ballast);
  }

  private void unmount(String... program) throws IOException {
    if (mounted) {
      command(Stream.concat(Stream.of(program), Stream.of(path.toString())).toList());
      mounted = false;
    }
  }

  /** Unmounts it; a process that has a file open or mapped keeps the disk until it ends. */
  @Override
  public void close() {
    try {
      unmount("umount", "--lazy");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void command(String... words) throws IOException {
    command(List.of(words));
  }

  private static void command(List<String> words) throws IOException {
    Process process = new ProcessBuilder(words).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8).strip();
    try {
      if (process.waitFor() != 0) {
        throw new IOException("%s: %s".formatted(words, output));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }
}
