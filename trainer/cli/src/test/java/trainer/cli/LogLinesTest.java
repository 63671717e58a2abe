package trainer.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.classic.util.LogbackMDCAdapter;
import ch.qos.logback.core.ConsoleAppender;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The log has one line for each entry, also where a reason has several. */
final class LogLinesTest {

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void anEntryIsOneLine(boolean json) throws Exception {
    String entry = encoded(json);
    assertThat(entry.lines()).hasSize(1);
    assertThat(entry).endsWith("\n").contains("failed:").contains("the corpus has changed");
  }

  @Test
  void linesOfAReasonAreJoined() throws Exception {
    assertThat(encoded(false)).isEqualTo("WARN failed: another run: the corpus has changed\n");
  }

  private static String encoded(boolean json) throws Exception {
    LoggerContext context = new LoggerContext();
    context.setMDCAdapter(new LogbackMDCAdapter());
    if (json) {
      JoranConfigurator configurator = new JoranConfigurator();
      configurator.setContext(context);
      configurator.doConfigure(Main.class.getResource("/logback-json.xml"));
    } else {
      LogConfiguration.logLines(context);
    }
    Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    LoggingEvent event =
        new LoggingEvent(
            "none",
            root,
            Level.WARN,
            "failed: another run:\r\n  the corpus has changed",
            null,
            null);
    byte[] bytes =
        ((ConsoleAppender<ILoggingEvent>) root.getAppender("CONSOLE")).getEncoder().encode(event);
    context.stop();
    return new String(bytes, UTF_8);
  }
}
