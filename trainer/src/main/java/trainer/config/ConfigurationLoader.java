package trainer.config;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import trainer.config.binding.Binding;
import trainer.config.binding.Problem;
import trainer.config.binding.RecordType;

/** Reads a configuration from YAML and refuses it with everything that is wrong with it. */
public final class ConfigurationLoader {
  private static final int MAXIMUM_KILOBYTES = 256;
  private static final String BYTE_ORDER_MARK = "\uFEFF";

  private ConfigurationLoader() {}

  /**
   * Reads a file. Paths in the result are absolute: relative ones, those in overrides included, are
   * taken from the file's folder.
   *
   * @param overrides {@code KEY=VALUE}, the value as YAML
   * @throws ConfigurationException naming all that is wrong
   */
  public static Configuration load(Path file, List<String> overrides) {
    String text = decode(read(file), file.toString());
    Path folder = file.toAbsolutePath().getParent();
    Configuration configuration = parse(text, file.toString(), overrides);
    try {
      return configuration.resolve(folder);
    } catch (InvalidPathException e) {
      String reason = " cannot be a path on this system: " + e.getReason();
      throw failure(file.toString(), 0, "'" + e.getInput() + "'" + reason);
    }
  }

  /**
   * Reads a text; paths stay as they are written.
   *
   * @param sourceName names the text in problems, and the run where the text does not
   * @param overrides {@code KEY=VALUE}, the value as YAML
   * @throws ConfigurationException naming all that is wrong
   */
  public static Configuration parse(String yaml, String sourceName, List<String> overrides) {
    checkSize(yaml.length(), sourceName);
    String text = yaml.startsWith(BYTE_ORDER_MARK) ? yaml.substring(1) : yaml;
    String name = nameOf(sourceName);
    Map<String, String> fallbacks =
        name.matches(Configuration.NAME_FORM) ? Map.of("name", name) : Map.of();
    Binding binding = new Binding(RecordType.of(Configuration.class));
    return binding
        .read(text, sourceName, overrides, fallbacks)
        .map(Configuration.class::cast)
        .orElseThrow(() -> new ConfigurationException(binding.problems()));
  }

  private static String nameOf(String source) {
    return source.replaceFirst(".*[/\\\\]", "").replaceFirst("\\.ya?ml$", "");
  }

  private static byte[] read(Path file) {
    if (Files.isDirectory(file)) {
      throw failure(file.toString(), 0, "is a folder, not a YAML file");
    }
    try {
      checkSize(Files.size(file), file.toString());
      return Files.readAllBytes(file);
    } catch (NoSuchFileException e) {
      throw failure(file.toString(), 0, "no such file");
    } catch (AccessDeniedException e) {
      throw failure(file.toString(), 0, "cannot be read: permission denied");
    } catch (FileSystemException e) {
      throw failure(file.toString(), 0, "cannot be read: " + e.getReason());
    } catch (IOException e) {
      throw failure(file.toString(), 0, "cannot be read: " + e.getMessage());
    }
  }

  private static void checkSize(long length, String source) {
    if (length > MAXIMUM_KILOBYTES * 1024L) {
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

  private static ConfigurationException failure(String source, int line, String message) {
    return new ConfigurationException(List.of(new Problem(source, line, "", "", message)));
  }
}
