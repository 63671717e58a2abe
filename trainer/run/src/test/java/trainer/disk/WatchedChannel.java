package trainer.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;

/** A channel whose changes an observer sees first; force is only reported. */
final class WatchedChannel extends FileChannel {
  static final int NO_FILE = -1;

  private final FileChannel real;
  private final Path path;
  private final DiskObserver observer;
  private final int file;
  private final Operation sync;

  WatchedChannel(FileChannel real, Path path, DiskObserver observer, int file, Operation sync) {
    this.real = real;
    this.path = path;
    this.observer = observer;
    this.file = file;
    this.sync = sync;
  }

  @Override
  public int write(ByteBuffer source) throws IOException {
    observer.before(new Operation.Write(file, real.position(), copy(source)));
    return real.write(source);
  }

  @Override
  public int write(ByteBuffer source, long position) throws IOException {
    observer.before(new Operation.Write(file, position, copy(source)));
    return real.write(source, position);
  }

  private static byte[] copy(ByteBuffer source) {
    byte[] bytes = new byte[source.remaining()];
    source.duplicate().get(bytes);
    return bytes;
  }

  @Override
  public FileChannel truncate(long size) throws IOException {
    observer.before(new Operation.Truncate(file, size));
    real.truncate(size);
    return this;
  }

  @Override
  public void force(boolean metadata) throws IOException {
    observer.before(sync);
  }

  @Override
  public int read(ByteBuffer target) throws IOException {
    observer.beforeReading(path);
    return real.read(target);
  }

  @Override
  public int read(ByteBuffer target, long position) throws IOException {
    observer.beforeReading(path);
    return real.read(target, position);
  }

  @Override
  public long read(ByteBuffer[] targets, int offset, int length) throws IOException {
    observer.beforeReading(path);
    return real.read(targets, offset, length);
  }

  @Override
  public long write(ByteBuffer[] sources, int offset, int length) {
    throw new UnsupportedOperationException();
  }

  @Override
  public long position() throws IOException {
    return real.position();
  }

  @Override
  public FileChannel position(long position) throws IOException {
    real.position(position);
    return this;
  }

  @Override
  public long size() throws IOException {
    return real.size();
  }

  @Override
  public long transferTo(long position, long count, WritableByteChannel target) throws IOException {
    return real.transferTo(position, count, target);
  }

  @Override
  public long transferFrom(ReadableByteChannel source, long position, long count) {
    throw new UnsupportedOperationException();
  }

  @Override
  public MappedByteBuffer map(MapMode mode, long position, long size) throws IOException {
    return real.map(mode, position, size);
  }

  @Override
  public FileLock lock(long position, long size, boolean shared) throws IOException {
    return real.lock(position, size, shared);
  }

  @Override
  public FileLock tryLock(long position, long size, boolean shared) throws IOException {
    return real.tryLock(position, size, shared);
  }

  @Override
  protected void implCloseChannel() throws IOException {
    real.close();
  }
}
