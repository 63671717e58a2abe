package trainer.config;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;

/**
 * Any text is a configuration or an error that says where. What is accepted is written such that it
 * reads as the same.
 */
public final class ConfigurationFuzz {
  private ConfigurationFuzz() {}

  /** One try. */
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
