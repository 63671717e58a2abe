package trainer.service;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * Files and folders that are closed to other local users. File systems without Unix modes are left
 * alone.
 */
public enum PrivateFiles {
  /** A file with secrets. */
  SECRET("rw-------", 077),

  /** A file that the owner's group may read. */
  FILE("rw-r-----", 027),

  /** A folder that the owner's group may use. */
  FOLDER("rwxr-x---", 007);

  private static final String MODE = "unix:mode"; // with the bits that POSIX permissions lack

  private final String permissions; // when it is created
  private final int forbidden; // bits of a mode

  PrivateFiles(String permissions, int forbidden) {
    this.permissions = permissions;
    this.forbidden = forbidden;
  }

  private static boolean hasModes(Path path) {
    return path.getFileSystem().supportedFileAttributeViews().contains("unix");
  }

  /** Attributes of a new file. */
  public FileAttribute<?>[] attributes(Path path) {
    return hasModes(path)
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions))
        }
        : new FileAttribute<?>[0];
  }

  /** Creates a folder and its parents; those that exist keep their permissions. */
  public static void createFolders(Path folder) throws IOException {
    Files.createDirectories(folder, FOLDER.attributes(folder));
  }

  /** Creates an empty file, or restricts an existing one. */
  public void create(Path file) throws IOException {
    try {
      Files.createFile(file, attributes(file));
    } catch (FileAlreadyExistsException e) {
      restrict(file);
    }
  }

  /**
   * Takes the permissions of others from a file or folder, if it exists.
   *
   * @throws IOException if it belongs to another user; the message says what to do
   */
  public void restrict(Path path) throws IOException {
    boolean found = this == FOLDER ? Files.isDirectory(path) : Files.isRegularFile(path);
    if (!found || !hasModes(path)) {
      return;
    }
    int mode = (int) Files.getAttribute(path, MODE) & 07777;
    if ((mode & forbidden) != 0) {
      try {
        Files.setAttribute(path, MODE, mode & ~forbidden);
      } catch (FileSystemException e) {
        throw new IOException(
            "other users may read or write it; as %s, its owner: chmod %o %s"
                .formatted(Files.getOwner(path).getName(), mode & ~forbidden, path),
            e);
      }
    }
  }

  /** Whether every local user may write to a folder, as to {@code /tmp}. */
  public static boolean isShared(Path folder) throws IOException {
    return hasModes(folder)
        && Files.isDirectory(folder)
        && Files.getPosixFilePermissions(folder).contains(PosixFilePermission.OTHERS_WRITE);
  }
}
