package trainer.run;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import trainer.file.AppendedFile;
import trainer.file.FileException;

/** Finds the end of the last complete line of a text file. */
final class WholeLines {
  private static final int BLOCK = 1 << 13;

  private WholeLines() {}

  /** Bytes up to and including the last newline; 0 if the file is missing. */
  static long length(Path path) {
    AppendedFile.requireRegular(path);
    try (SeekableByteChannel channel = Files.newByteChannel(path)) {
      for (long end = channel.size(); end > 0; ) {
        long start = Math.max(0, end - BLOCK);
        ByteBuffer block = ByteBuffer.allocate((int) (end - start));
        channel.position(start);
        while (block.hasRemaining() && channel.read(block) >= 0) {}
        for (int i = block.position() - 1; i >= 0; i--) {
          if (block.get(i) == '\n') {
            return start + i + 1;
          }
        }
        end = start;
      }
      return 0;
    } catch (NoSuchFileException e) {
      return 0;
    } catch (IOException e) {
      throw FileException.of(path, "cannot be read", e, "it must be a readable and writable file");
    }
  }
}
