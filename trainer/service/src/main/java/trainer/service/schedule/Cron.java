package trainer.service.schedule;

import com.cronutils.model.CronType;
import com.cronutils.model.definition.CronDefinitionBuilder;
import com.cronutils.model.time.ExecutionTime;
import com.cronutils.parser.CronParser;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.time.zone.ZoneOffsetTransition;
import java.time.zone.ZoneRules;
import java.util.List;
import java.util.Optional;

/**
 * Instants of a five-field cron expression in a time zone. Minute, hour, day of month, month, day
 * of week; where both days are given, either counts; Sunday is 0 or 7.
 *
 * <p>Where clocks are changed, the rules of Vixie's cron hold. An expression whose hour is fixed
 * happens once for every local time that it names: one that is left out in spring happens when the
 * clock has been put forward, one that comes twice in autumn happens the first time. An expression
 * whose hour begins with {@code *} happens at every minute of the clock that fits: never in the
 * hour that is left out, twice in the hour that comes twice.
 */
public final class Cron {
  private static final CronParser PARSER =
      new CronParser(CronDefinitionBuilder.instanceDefinitionFor(CronType.UNIX));
  private static final int FIELDS = 5;
  private static final int MOST_CHARACTERS = 200;
  private static final List<Duration> BACK =
      List.of(
          Duration.ofMinutes(2),
          Duration.ofHours(2),
          Duration.ofDays(2),
          Duration.ofDays(32),
          Duration.ofDays(367));

  private final String text;
  private final ZoneId zone;
  private final ExecutionTime times;
  private final boolean everyHour;

  private Cron(String text, ZoneId zone, ExecutionTime times, boolean everyHour) {
    this.text = text;
    this.zone = zone;
    this.times = times;
    this.everyHour = everyHour;
  }

  /**
   * Reads an expression.
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
    ZoneId found;
    try {
      found = ZoneId.of(zone);
    } catch (DateTimeException e) {
      throw new IllegalArgumentException(
          "zone: '%s' is no time zone; one is Europe/Berlin".formatted(zone), e);
    }
    String joined = String.join(" ", fields);
    Cron cron;
    try {
      cron =
          new Cron(
              joined,
              found,
              ExecutionTime.forCron(PARSER.parse(joined)),
              fields[1].startsWith("*"));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("cron: '%s': %s".formatted(text, e.getMessage()), e);
    }
    if (cron.nextLocal(LocalDateTime.of(2000, 1, 1, 0, 0)).isEmpty()) {
      throw new IllegalArgumentException("cron: '%s' never happens".formatted(text));
    }
    return cron;
  }

  /** The expression, one space between fields. */
  public String text() {
    return text;
  }

  /** The time zone. */
  public ZoneId zone() {
    return zone;
  }

  /** The first instant after another. */
  public Instant next(Instant after) {
    return everyHour ? nextByClock(after) : nextByLocalTime(after);
  }

  /** The last instant that is not after {@code now}, if there is one from {@code first} on. */
  Optional<Instant> latest(Instant first, Instant now) {
    for (Duration back : BACK) {
      Instant from = now.minus(back);
      Instant before = from.isAfter(first) ? from : first.minusMillis(1);
      Instant found = next(before);
      if (!found.isAfter(now)) {
        return Optional.of(lastFrom(found, now));
      }
      if (!from.isAfter(first)) {
        return Optional.empty();
      }
    }
    Instant found = next(first.minusMillis(1));
    return found.isAfter(now) ? Optional.empty() : Optional.of(lastFrom(found, now));
  }

  private Instant lastFrom(Instant found, Instant now) {
    Instant last = found;
    for (Instant next = next(last); !next.isAfter(now); next = next(next)) {
      last = next;
    }
    return last;
  }

  /** Every local time once. */
  private Instant nextByLocalTime(Instant after) {
    LocalDateTime local = LocalDateTime.ofInstant(after, zone);
    while (true) {
      local = nextLocal(local).orElseThrow();
      Instant instant = instantOf(local);
      if (instant.isAfter(after)) {
        return instant;
      }
    }
  }

  private Instant instantOf(LocalDateTime local) {
    ZoneRules rules = zone.getRules();
    ZoneOffsetTransition transition = rules.getTransition(local);
    if (transition != null && transition.isGap()) {
      return transition.getInstant();
    }
    return local.toInstant(rules.getValidOffsets(local).get(0));
  }

  /** Every minute of the clock that fits, from one change of the clock to the next. */
  private Instant nextByClock(Instant after) {
    ZoneRules rules = zone.getRules();
    ZoneOffset offset = rules.getOffset(after);
    Instant from = after;
    while (true) {
      ZoneOffsetTransition change = rules.nextTransition(from);
      LocalDateTime local = nextLocal(LocalDateTime.ofInstant(from, offset)).orElseThrow();
      Instant instant = local.toInstant(offset);
      if (change == null || instant.isBefore(change.getInstant())) {
        return instant;
      }
      offset = change.getOffsetAfter();
      // What happens at the change itself is the first that counts.
      Instant first = change.getInstant().minusSeconds(1);
      LocalDateTime at = nextLocal(LocalDateTime.ofInstant(first, offset)).orElseThrow();
      ZoneOffsetTransition following = rules.nextTransition(change.getInstant());
      if (following == null || at.toInstant(offset).isBefore(following.getInstant())) {
        return at.toInstant(offset);
      }
      from = change.getInstant();
    }
  }

  // Without any zone: every local time exists once in UTC.
  private Optional<LocalDateTime> nextLocal(LocalDateTime after) {
    return times
        .nextExecution(after.truncatedTo(ChronoUnit.SECONDS).atZone(ZoneOffset.UTC))
        .map(next -> next.toLocalDateTime());
  }
}
