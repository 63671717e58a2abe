package trainer.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import trainer.file.FileErrors;

/** Standard output, which remembers a full disk: its {@link PrintStream} throws nothing. */
final class StandardOutput extends FileOutputStream {
  private boolean full;

  StandardOutput() {
    super(FileDescriptor.out);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    try {
      super.write(bytes, offset, length);
    } catch (IOException e) {
      full |= FileErrors.isFullDisk(e);
      throw e;
    }
  }

  /** Whether output was lost on a full disk; a reader that has gone, as {@code head}, is none. */
  boolean isFull() {
    return full;
  }
}
