package trainer.disk;

import java.nio.file.Path;

/**
 * A file-system operation of a program.
 *
 * <p>{@code file} identifies the content, independent of its names; paths are absolute.
 */
public sealed interface Operation {
  /** A new, empty file. */
  record Create(Path path, int file) implements Operation {}

  /** Bytes at a position. */
  record Write(int file, long position, byte[] bytes) implements Operation {}

  /** A new length. */
  record Truncate(int file, long length) implements Operation {}

  /** fsync of a file. */
  record Sync(int file) implements Operation {}

  /** fsync of a directory. */
  record SyncDirectory(Path directory) implements Operation {}

  /** Renames a file, replacing the target. */
  record Rename(Path from, Path to, int file) implements Operation {}

  /** A hard link. */
  record Link(Path path, int file) implements Operation {}

  /** A deleted name. */
  record Delete(Path path) implements Operation {}

  /** A new directory. */
  record MakeDirectory(Path path) implements Operation {}
}
