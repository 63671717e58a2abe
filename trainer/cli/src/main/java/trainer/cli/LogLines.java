package trainer.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.encoder.EncoderBase;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;

/** One line for each entry: the level, unless it is INFO, and the message; no stack traces. */
final class LogLines extends EncoderBase<ILoggingEvent> {
  /** Property with the pattern of the time that lines start with; without it, they have none. */
  static final String TIME = "trainer.log.time";

  private final DateTimeFormatter time;

  LogLines() {
    String pattern = System.getProperty(TIME);
    time =
        pattern == null
            ? null
            : DateTimeFormatter.ofPattern(pattern).withZone(ZoneId.systemDefault());
  }

  @Override
  public byte[] headerBytes() {
    return new byte[0];
  }

  @Override
  public byte[] encode(ILoggingEvent entry) {
    String message = entry.getFormattedMessage().replaceAll("\\s*[\\r\\n]+\\s*", " ");
    return ((time == null ? "" : time.format(entry.getInstant()))
            + (entry.getLevel() == Level.INFO ? "" : entry.getLevel() + " ")
            + message
            + System.lineSeparator())
        .getBytes(UTF_8);
  }

  @Override
  public byte[] footerBytes() {
    return new byte[0];
  }
}
