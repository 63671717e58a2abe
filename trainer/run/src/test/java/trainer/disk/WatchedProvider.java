package trainer.disk;

import static trainer.disk.WatchedPath.unwrap;

import java.io.IOException;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.AccessMode;
import java.nio.file.CopyOption;
import java.nio.file.DirectoryStream;
import java.nio.file.FileStore;
import java.nio.file.FileSystem;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileAttributeView;
import java.nio.file.spi.FileSystemProvider;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Delegates to the default provider, after reporting each change to the observer. */
final class WatchedProvider extends FileSystemProvider {
  private final WatchedFileSystem system;
  private final DiskObserver observer;
  private final Map<Path, Integer> files = new HashMap<>();
  private int created;

  WatchedProvider(WatchedFileSystem system, DiskObserver observer) {
    this.system = system;
    this.observer = observer;
  }

  private int file(Path real) {
    return files.computeIfAbsent(real, path -> created++);
  }

  @Override
  public synchronized FileChannel newFileChannel(
      Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
      throws IOException {
    Path real = unwrap(path);
    if (options.isEmpty() || options.contains(StandardOpenOption.READ)) {
      observer.beforeReading(real);
    }
    if (Files.isDirectory(real)) {
      return new WatchedChannel(
          FileChannel.open(real, options, attributes),
          real,
          observer,
          WatchedChannel.NO_FILE,
          new Operation.SyncDirectory(real));
    }
    boolean creates =
        options.contains(StandardOpenOption.CREATE)
            || options.contains(StandardOpenOption.CREATE_NEW);
    boolean missing = !Files.exists(real, LinkOption.NOFOLLOW_LINKS);
    if (missing && creates) {
      files.remove(real);
      observer.before(new Operation.Create(real, file(real)));
    }
    int file = file(real);
    if (options.contains(StandardOpenOption.TRUNCATE_EXISTING) && !missing) {
      observer.before(new Operation.Truncate(file, 0));
    }
    return new WatchedChannel(
        FileChannel.open(real, options, attributes),
        real,
        observer,
        file,
        new Operation.Sync(file));
  }

  @Override
  public SeekableByteChannel newByteChannel(
      Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
      throws IOException {
    return newFileChannel(path, options, attributes);
  }

  @Override
  public synchronized void createDirectory(Path directory, FileAttribute<?>... attributes)
      throws IOException {
    observer.before(new Operation.MakeDirectory(unwrap(directory)));
    Files.createDirectory(unwrap(directory), attributes);
  }

  @Override
  public synchronized void createLink(Path link, Path existing) throws IOException {
    int file = file(unwrap(existing));
    observer.before(new Operation.Link(unwrap(link), file));
    Files.createLink(unwrap(link), unwrap(existing));
    files.put(unwrap(link), file);
  }

  @Override
  public synchronized void delete(Path path) throws IOException {
    if (!Files.exists(unwrap(path), LinkOption.NOFOLLOW_LINKS)) {
      throw new NoSuchFileException(path.toString());
    }
    observer.before(new Operation.Delete(unwrap(path)));
    Files.delete(unwrap(path));
    files.remove(unwrap(path));
  }

  @Override
  public synchronized void move(Path from, Path to, CopyOption... options) throws IOException {
    int file = file(unwrap(from));
    observer.before(new Operation.Rename(unwrap(from), unwrap(to), file));
    boolean same = Files.exists(unwrap(to)) && Files.isSameFile(unwrap(from), unwrap(to));
    Files.move(unwrap(from), unwrap(to), options);
    if (!same) {
      files.remove(unwrap(from));
      files.put(unwrap(to), file);
    }
  }

  @Override
  public DirectoryStream<Path> newDirectoryStream(
      Path directory, DirectoryStream.Filter<? super Path> filter) throws IOException {
    observer.beforeReading(unwrap(directory));
    List<Path> found = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(unwrap(directory))) {
      for (Path entry : entries) {
        Path wrapped = system.wrap(entry);
        if (filter.accept(wrapped)) {
          found.add(wrapped);
        }
      }
    }
    return new DirectoryStream<>() {
      @Override
      public Iterator<Path> iterator() {
        return found.iterator();
      }

      @Override
      public void close() {}
    };
  }

  @Override
  public boolean isSameFile(Path one, Path other) throws IOException {
    return Files.isSameFile(unwrap(one), unwrap(other));
  }

  @Override
  public boolean isHidden(Path path) throws IOException {
    return Files.isHidden(unwrap(path));
  }

  @Override
  public FileStore getFileStore(Path path) throws IOException {
    return Files.getFileStore(unwrap(path));
  }

  @Override
  public void checkAccess(Path path, AccessMode... modes) throws IOException {
    observer.beforeReading(unwrap(path));
    unwrap(path).getFileSystem().provider().checkAccess(unwrap(path), modes);
  }

  @Override
  public <V extends FileAttributeView> V getFileAttributeView(
      Path path, Class<V> type, LinkOption... options) {
    return Files.getFileAttributeView(unwrap(path), type, options);
  }

  @Override
  public <A extends BasicFileAttributes> A readAttributes(
      Path path, Class<A> type, LinkOption... options) throws IOException {
    observer.beforeReading(unwrap(path));
    return Files.readAttributes(unwrap(path), type, options);
  }

  @Override
  public Map<String, Object> readAttributes(Path path, String attributes, LinkOption... options)
      throws IOException {
    return Files.readAttributes(unwrap(path), attributes, options);
  }

  @Override
  public void copy(Path from, Path to, CopyOption... options) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void setAttribute(Path path, String attribute, Object value, LinkOption... options) {
    throw new UnsupportedOperationException();
  }

  @Override
  public String getScheme() {
    return "watched";
  }

  @Override
  public FileSystem newFileSystem(URI uri, Map<String, ?> environment) {
    throw new UnsupportedOperationException();
  }

  @Override
  public FileSystem getFileSystem(URI uri) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Path getPath(URI uri) {
    throw new UnsupportedOperationException();
  }
}
