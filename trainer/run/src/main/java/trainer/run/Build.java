package trainer.run;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/**
 * Version of this program.
 *
 * @param commit short hash of the git commit, or {@code unknown} outside a clone
 * @param dirty whether it was built with uncommitted changes
 */
public record Build(
    String version, String commit, @JsonProperty("uncommitted_changes") boolean dirty) {
  private static final String UNKNOWN = "unknown";
  private static final String PROPERTIES = "/trainer/build.properties";
  private static final String DEEPLEARNING4J =
      "/META-INF/maven/org.deeplearning4j/deeplearning4j-nn/pom.properties";

  /** Reads the properties that the build wrote into the jar. */
  public static Build ofThisProgram() {
    Properties properties = properties(PROPERTIES);
    return new Build(
        properties.getProperty("git.build.version", UNKNOWN),
        properties.getProperty("git.commit.id.abbrev", UNKNOWN),
        Boolean.parseBoolean(properties.getProperty("git.dirty")));
  }

  /** The version of Deeplearning4j on the class path; {@code unknown} if absent. */
  public static String versionOfDeeplearning4j() {
    return properties(DEEPLEARNING4J).getProperty("version", UNKNOWN);
  }

  /** The commit, with a note on uncommitted changes. */
  public String describedCommit() {
    return dirty ? commit + " with uncommitted changes" : commit;
  }

  private static Properties properties(String name) {
    Properties properties = new Properties();
    try (InputStream in = Build.class.getResourceAsStream(name)) {
      if (in != null) {
        properties.load(in);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(name + " in the jar cannot be read", e);
    }
    return properties;
  }
}
