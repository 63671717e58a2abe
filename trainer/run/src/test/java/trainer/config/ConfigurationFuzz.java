package trainer.config;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;

/** Any text is a configuration that survives writing and reading, or an error with a place. */
public final class ConfigurationFuzz {
  private ConfigurationFuzz() {}

  public static void fuzzerTestOneInput(byte[] input) {
    Configuration configuration;
    try {
      configuration = ConfigurationLoader.parse(new String(input, UTF_8), "fuzz.yml", List.of());
    } catch (ConfigurationException e) {
      if (e.problems().isEmpty()) {
        throw new AssertionError("refused without a reason", e);
      }
      return;
    }
    String written = ConfigurationWriter.toYaml(configuration);
    Configuration again = ConfigurationLoader.parse(written, "fuzz.yml", List.of());
    if (!again.equals(configuration)) {
      throw new AssertionError("written, it reads as another: " + written);
    }
  }
}
