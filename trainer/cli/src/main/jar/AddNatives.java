import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.zip.ZipArchiveOutputStream;
import org.apache.commons.compress.archivers.zip.ZipFile;

/**
 * {@code AddNatives JAR RESULT}: writes RESULT with the entries of JAR and of the jars of native
 * libraries on the class path, compressed as they are there: to compress that GB again takes half
 * a minute.
 */
final class AddNatives {
  private AddNatives() {}

  public static void main(String[] arguments) throws IOException {
    List<String> natives =
        Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
            .filter(jar -> jar.matches(".*-(linux|macosx|windows)-[^/\\\\]*\\.jar"))
            .toList();
    Set<String> written = new HashSet<>();
    try (ZipArchiveOutputStream result = new ZipArchiveOutputStream(Path.of(arguments[1]))) {
      for (String jar : Stream.concat(Stream.of(arguments[0]), natives.stream()).toList()) {
        try (ZipFile from = ZipFile.builder().setPath(jar).get()) {
          from.copyRawEntries(
              result,
              entry ->
                  !entry.getName().endsWith("module-info.class") && written.add(entry.getName()));
        }
      }
    }
  }
}
