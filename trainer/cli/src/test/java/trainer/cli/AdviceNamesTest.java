package trainer.cli;

import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import trainer.config.ConfigurationReference;

/** Options and configuration keys that a message names exist. */
final class AdviceNamesTest {
  /** Files that call other programs with options of theirs. */
  private static final List<String> OTHER_PROGRAMS =
      List.of(
          "KernelCache.java",
          "NvidiaSmi.java",
          "GenerateRoute.java",
          "ClusterEngine.java",
          "Rank.java",
          "MlFlow.java",
          "ServiceStart.java"); // spark-submit

  private static final Set<String> KEYS =
      Pattern.compile("(?m)^\\| `([^`]+)`")
          .matcher(ConfigurationReference.toTable())
          .results()
          .map(row -> row.group(1).replace("[]", ""))
          .collect(toSet());

  /** Names of events and files, and of a function of PyTorch. */
  private static final Pattern NO_KEY =
      Pattern.compile("model\\.(promoted|rolled_back|kept|safetensors|state_dict)|data\\.pkl");

  @Test
  void everyOptionInAMessageIsOneOfACommand() throws IOException {
    Set<String> options = Advice.optionNames();
    for (MessageTexts message : MessageTexts.all()) {
      if (!OTHER_PROGRAMS.contains(message.file().getFileName().toString())) {
        assertThat(Advice.OPTION.matcher(message.text()).results().map(MatchResult::group))
            .as("%s: %s", message.file(), message.text())
            .isSubsetOf(options);
      }
    }
  }

  @Test
  void everyKeyInAMessageIsOneOfTheConfiguration() throws IOException {
    int found = 0;
    for (MessageTexts message : MessageTexts.all()) {
      for (String key :
          Advice.KEY.matcher(message.text()).results().map(MatchResult::group).toList()) {
        if (!NO_KEY.matcher(key).matches()) {
          assertThat(KEYS)
              .as("%s: %s", message.file(), message.text())
              .anyMatch(known -> known.equals(key) || known.startsWith(key + "."));
          found++;
        }
      }
    }
    assertThat(found).isGreaterThan(50);
  }
}
