package trainer.config;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import trainer.config.binding.ConfigurationProblem;
import trainer.config.binding.Names;

/** The text of a configuration file. */
public final class ConfigurationText {
  private static final int MAXIMUM_KILOBYTES = 256;

  /** Maximum size in UTF-8. */
  public static final int MAXIMUM_BYTES = MAXIMUM_KILOBYTES * 1024;

  private ConfigurationText() {}

  /**
   * Reads a file.
   *
   * @throws ConfigurationException if it is missing, not UTF-8, or larger than 256 KB
   */
  public static String read(Path file) {
    return decode(bytes(file), file.toString());
  }

  private static byte[] bytes(Path file) {
    if (Files.isDirectory(file)) {
      throw failure(file.toString(), 0, "is a folder, not a YAML file");
    }
    try {
      checkSize(Files.size(file), file.toString());
      return Files.readAllBytes(file);
    } catch (NoSuchFileException e) {
      throw failure(file.toString(), 0, "no such file" + suggestion(file));
    } catch (AccessDeniedException e) {
      throw failure(file.toString(), 0, "cannot be read: permission denied");
    } catch (IOException e) {
      String reason =
          e instanceof FileSystemException refused ? refused.getReason() : e.getMessage();
      ConfigurationException failure = failure(file.toString(), 0, "cannot be read: " + reason);
      failure.initCause(e);
      throw failure;
    }
  }

  /** The nearest name in the folder. */
  private static String suggestion(Path file) {
    try (Stream<Path> files = Files.list(file.toAbsolutePath().getParent())) {
      List<String> names =
          files
              .map(other -> other.getFileName().toString())
              .filter(name -> name.matches("[^.].*\\.ya?ml"))
              .toList();
      return Names.nearest(file.getFileName().toString(), names)
          .map(name -> "; did you mean '%s'?".formatted(file.resolveSibling(name)))
          .orElse("");
    } catch (IOException e) {
      return "";
    }
  }

  static void checkSize(long length, String source) {
    if (length > MAXIMUM_BYTES) {
      String size = length / 1024 + " KB long; a configuration has at most " + MAXIMUM_KILOBYTES;
      throw failure(source, 0, size + " KB (is this the corpus?)");
    }
  }

  private static String decode(byte[] bytes, String source) {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    CharBuffer out = CharBuffer.allocate(bytes.length);
    CoderResult result = StandardCharsets.UTF_8.newDecoder().decode(in, out, true);
    if (result.isError()) {
      int offset = in.position();
      int line = 1;
      for (int i = 0; i < offset; i++) {
        line += bytes[i] == '\n' ? 1 : 0;
      }
      String found = "byte 0x%02X at offset %d".formatted(bytes[offset], offset);
      throw failure(source, line, "not UTF-8: " + found + "; save the file as UTF-8");
    }
    return out.flip().toString();
  }

  static ConfigurationException failure(String source, int line, String message) {
    return new ConfigurationException(
        List.of(new ConfigurationProblem(source, line, "", "", message)));
  }
}
