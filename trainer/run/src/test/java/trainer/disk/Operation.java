package trainer.disk;

import java.nio.file.Path;

/**
 * What a program asked a file system to do.
 *
 * <p>{@code file} identifies the content, whatever its names; paths are absolute.
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

  /** A file that gets another name, in place of what had it. */
  record Rename(Path from, Path to, int file) implements Operation {}

  /** A file that gets a second name. */
  record Link(Path path, int file) implements Operation {}

  /** A name that goes. */
  record Delete(Path path) implements Operation {}

  /** A new directory. */
  record MakeDirectory(Path path) implements Operation {}
}
