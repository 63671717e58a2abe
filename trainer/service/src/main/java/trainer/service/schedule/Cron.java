package trainer.service.schedule;

import com.cronutils.model.CronType;
import com.cronutils.model.definition.CronDefinitionBuilder;
import com.cronutils.model.time.ExecutionTime;
import com.cronutils.parser.CronParser;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.util.Optional;

/**
 * A five-field cron expression in a time zone: minute, hour, day of month, month, day of week
 * (Sunday is 0 or 7). If both days are restricted, either matches.
 *
 * <p>At daylight-saving changes, local times that are skipped do not fire, and local times that
 * occur twice fire at least once.
 */
public final class Cron {
  private static final CronParser PARSER =
      new CronParser(CronDefinitionBuilder.instanceDefinitionFor(CronType.UNIX));
  private static final int FIELDS = 5;
  private static final int MOST_CHARACTERS = 200;

  private final String text;
  private final ZoneId zone;
  private final ExecutionTime times;

  private Cron(String text, ZoneId zone, ExecutionTime times) {
    this.text = text;
    this.zone = zone;
    this.times = times;
  }

  /**
   * Parses an expression.
   *
   * @param zone such as {@code Europe/Berlin}
   * @throws IllegalArgumentException saying what is wrong with it
   */
  public static Cron of(String text, String zone) {
    String[] fields = text.strip().split("\\s+");
    if (fields.length != FIELDS || text.length() > MOST_CHARACTERS) {
      throw new IllegalArgumentException(
          "cron: '%s' must have five fields (minute, hour, day of month, month, day of week), such as '30 3 * * *'"
              .formatted(text));
    }
    String joined = String.join(" ", fields);
    Cron cron;
    try {
      cron = new Cron(joined, ZoneId.of(zone), ExecutionTime.forCron(PARSER.parse(joined)));
    } catch (DateTimeException e) {
      throw new IllegalArgumentException(
          "zone: '%s' is no time zone; one is Europe/Berlin".formatted(zone), e);
    } catch (IndexOutOfBoundsException e) { // by the library
      throw new IllegalArgumentException("cron: '%s': a field is incomplete".formatted(text), e);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("cron: '%s': %s".formatted(text, e.getMessage()), e);
    }
    if (cron.times.nextExecution(ZonedDateTime.parse("2000-01-01T00:00:00Z")).isEmpty()) {
      throw new IllegalArgumentException("cron: '%s' never happens".formatted(text));
    }
    return cron;
  }

  /** The expression, with one space between fields. */
  public String text() {
    return text;
  }

  public ZoneId zone() {
    return zone;
  }

  boolean isSameAs(Cron other) {
    return text.equals(other.text) && zone.equals(other.zone);
  }

  /** The first instant after another. */
  public Instant next(Instant after) {
    return times
        .nextExecution(after.truncatedTo(ChronoUnit.SECONDS).atZone(zone))
        .orElseThrow()
        .toInstant();
  }

  /** The last instant from {@code first} to {@code now}, both included. */
  Optional<Instant> latest(Instant first, Instant now) {
    // lastExecution excludes its argument; executions are on whole minutes.
    Instant end = now.truncatedTo(ChronoUnit.MINUTES).plus(1, ChronoUnit.MINUTES);
    return times
        .lastExecution(end.atZone(zone))
        .map(ZonedDateTime::toInstant)
        .filter(last -> !last.isBefore(first));
  }
}
