package trainer.service;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * Files that other local users must not read or write. File systems without POSIX permissions are
 * left alone.
 */
public enum PrivateFiles {
  /** A file with secrets: for its owner only. */
  SECRET("rw-------", "600"),

  /** A file that the owner's group may read. */
  FILE("rw-r-----", "640"),

  /** A folder that the owner's group may read. */
  FOLDER("rwxr-x---", "750");

  private final Set<PosixFilePermission> permissions;
  private final String mode;

  PrivateFiles(String permissions, String mode) {
    this.permissions = PosixFilePermissions.fromString(permissions);
    this.mode = mode;
  }

  private static boolean hasPermissions(Path path) {
    return path.getFileSystem().supportedFileAttributeViews().contains("posix");
  }

  /** Attributes of a new file. */
  public FileAttribute<?>[] attributes(Path path) {
    return hasPermissions(path)
        ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(permissions)}
        : new FileAttribute<?>[0];
  }

  /** Creates a folder and its parents; those that exist keep their permissions. */
  public static void createFolders(Path folder) throws IOException {
    Files.createDirectories(folder, FOLDER.attributes(folder));
  }

  /** Creates an empty file if it is missing, and restricts it. */
  public void create(Path file) throws IOException {
    try {
      Files.createFile(file, attributes(file));
    } catch (FileAlreadyExistsException e) {
      restrict(file);
    }
  }

  /**
   * Takes further permissions from a file or folder.
   *
   * @throws IOException if it belongs to somebody else; the message says what to do
   */
  public void restrict(Path path) throws IOException {
    if (!hasPermissions(path) || !Files.exists(path)) {
      return;
    }
    Set<PosixFilePermission> found = Files.getPosixFilePermissions(path);
    if (found.retainAll(permissions)) {
      try {
        Files.setPosixFilePermissions(path, found);
      } catch (FileSystemException e) {
        throw new IOException(
            "other users may read or write it, and it belongs to %s: chmod %s %s"
                .formatted(Files.getOwner(path).getName(), mode, path),
            e);
      }
    }
  }

  /** Whether any local user may write to a folder. */
  public static boolean isWritableByOthers(Path folder) throws IOException {
    return hasPermissions(folder)
        && Files.exists(folder)
        && Files.getPosixFilePermissions(folder).contains(PosixFilePermission.OTHERS_WRITE);
  }
}
