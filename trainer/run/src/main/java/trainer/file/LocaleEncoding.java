package trainer.file;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;

/**
 * The encoding of file names and arguments, which the JVM takes from the locale: US-ASCII without a
 * locale, as under cron, systemd and in bare containers.
 */
public final class LocaleEncoding {
  private static final String NAME = System.getProperty("sun.jnu.encoding", "UTF-8");
  private static final char UNDECODABLE = '\uFFFD';

  private LocaleEncoding() {}

  /** Whether an argument, variable or folder of this process was decoded without loss. */
  public static boolean isWhole(String decoded) {
    return decoded.indexOf(UNDECODABLE) < 0;
  }

  /** Why a text is not whole or a path is invalid, and the way out. */
  public static String remedy() {
    return isUtf8()
        ? "it is not UTF-8: rename the file, or convert the text"
        : "the locale's encoding, %s, cannot express it: run 'export LC_ALL=C.UTF-8' and start again"
            .formatted(NAME);
  }

  /** The reason and the way out. */
  public static String reason(InvalidPathException e) {
    boolean expressible =
        Charset.isSupported(NAME) && Charset.forName(NAME).newEncoder().canEncode(e.getInput());
    return expressible ? e.getReason() : remedy();
  }

  /** Added to "no such file": another encoding gives the same name other bytes. Often empty. */
  public static String hint(String name) {
    boolean ascii = name.chars().allMatch(c -> c < 128);
    return ascii || isUtf8()
        ? ""
        : "; names are read in the locale's encoding, %s: run 'export LC_ALL=C.UTF-8' if it is UTF-8"
            .formatted(NAME);
  }

  private static boolean isUtf8() {
    return Charset.isSupported(NAME) && Charset.forName(NAME).equals(StandardCharsets.UTF_8);
  }
}
