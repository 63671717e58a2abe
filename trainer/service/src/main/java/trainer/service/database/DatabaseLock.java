package trainer.service.database;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import trainer.service.PrivateFiles;

/**
 * Keeps a second service away from an SQLite file: each would requeue the other's runs. The
 * operating system releases the lock when the process ends.
 */
final class DatabaseLock implements AutoCloseable {
  private final FileChannel channel;

  private DatabaseLock(FileChannel channel) {
    this.channel = channel;
  }

  static DatabaseLock take(Path database) {
    Path file = database.resolveSibling(database.getFileName() + ".lock");
    try {
      PrivateFiles.createFolders(file.toAbsolutePath().getParent());
      PrivateFiles.SECRET.create(file);
      FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE);
      try {
        if (channel.tryLock() != null) {
          return new DatabaseLock(channel);
        }
      } catch (OverlappingFileLockException e) {
        // held by this process
      }
      channel.close();
    } catch (IOException e) {
      throw new DatabaseException(
          "%s: cannot be locked (%s): use a database on a writable local disk"
              .formatted(file, e.getMessage()),
          e);
    }
    throw new DatabaseException(
        "%s: another service uses this database: stop it, set another --database, or share a PostgreSQL database"
            .formatted(database));
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new DatabaseException("the database lock cannot be released", e);
    }
  }
}
