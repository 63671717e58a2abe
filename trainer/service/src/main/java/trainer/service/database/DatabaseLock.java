package trainer.service.database;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Keeps a second service away from an SQLite file: two would take each other's runs for those of a
 * dead process. The operating system lets it go when the process ends, however it ends.
 */
final class DatabaseLock implements AutoCloseable {
  private final FileChannel channel;

  private DatabaseLock(FileChannel channel) {
    this.channel = channel;
  }

  static DatabaseLock take(Path database) {
    Path file = database.resolveSibling(database.getFileName() + ".lock");
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
      FileChannel channel =
          FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      try {
        if (channel.tryLock() != null) {
          return new DatabaseLock(channel);
        }
      } catch (OverlappingFileLockException e) {
        // Held by this very process: refused as any other.
      }
      channel.close();
    } catch (IOException e) {
      throw new DatabaseException(
          "%s: cannot be locked (%s): name a database on a local disk that may be written to"
              .formatted(file, e.getMessage()),
          e);
    }
    throw new DatabaseException(
        "%s: another service uses this database: stop it, name another with --database, or share a"
                .formatted(database)
            + " PostgreSQL database");
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new DatabaseException("the lock of the database cannot be given up", e);
    }
  }
}
