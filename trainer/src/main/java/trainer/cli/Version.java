package trainer.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;
import picocli.CommandLine.IVersionProvider;

/** What {@code --version} prints. */
final class Version implements IVersionProvider {
  @Override
  public String[] getVersion() {
    Properties build = new Properties();
    try (InputStream in = Version.class.getResourceAsStream("/trainer/build.properties")) {
      if (in != null) {
        build.load(in);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new String[] {
      "trainer %s, commit %s, Deeplearning4j 1.0.0-M2.1"
          .formatted(
              build.getProperty("git.build.version", "unknown"),
              build.getProperty("git.commit.id.abbrev", "unknown"))
    };
  }
}
