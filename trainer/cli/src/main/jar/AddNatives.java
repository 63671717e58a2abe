import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipArchiveOutputStream;
import org.apache.commons.compress.archivers.zip.ZipFile;

/**
 * {@code AddNatives JAR RESULT}: writes RESULT with the entries of JAR and of the jars with native
 * libraries on the class path, as they are compressed there: a GB of libraries would take half a
 * minute to compress again.
 */
final class AddNatives {
  private static final Pattern NATIVES =
      Pattern.compile(".*-(linux|macosx|windows)-[^/\\\\]*\\.jar");

  private static final Pattern LEFT_OUT =
      Pattern.compile("(.*/)?(MANIFEST\\.MF|module-info\\.class)");

  private AddNatives() {}

  public static void main(String[] arguments) throws IOException {
    List<Path> jars = new ArrayList<>(List.of(Path.of(arguments[0])));
    for (String jar : System.getProperty("java.class.path").split(File.pathSeparator)) {
      if (NATIVES.matcher(jar).matches()) {
        jars.add(Path.of(jar));
      }
    }
    Set<String> names = new HashSet<>();
    try (ZipArchiveOutputStream result = new ZipArchiveOutputStream(Path.of(arguments[1]))) {
      for (Path jar : jars) {
        try (ZipFile from = ZipFile.builder().setPath(jar).get()) {
          Enumeration<ZipArchiveEntry> entries = from.getEntriesInPhysicalOrder();
          while (entries.hasMoreElements()) {
            ZipArchiveEntry entry = entries.nextElement();
            boolean leftOut = jar != jars.get(0) && LEFT_OUT.matcher(entry.getName()).matches();
            if (!leftOut && names.add(entry.getName())) {
              result.addRawArchiveEntry(entry, from.getRawInputStream(entry));
            }
          }
        }
      }
    }
  }
}
