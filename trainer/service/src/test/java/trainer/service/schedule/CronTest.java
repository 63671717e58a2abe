package trainer.service.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.DayOfWeek;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.zone.ZoneOffsetTransition;
import java.time.zone.ZoneRules;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class CronTest {
  /** What fits, said a second time in Java. */
  private record Expression(String text, Predicate<LocalDateTime> fits) {}

  private static final List<Expression> EXPRESSIONS =
      List.of(
          new Expression("30 2 * * *", time -> at(time, 2, 30)),
          new Expression("0 3 * * *", time -> at(time, 3, 0)),
          new Expression(
              "10,15,40 2 * * *",
              time -> time.getHour() == 2 && List.of(10, 15, 40).contains(time.getMinute())),
          new Expression(
              "0 1-3 * * *",
              time -> time.getMinute() == 0 && time.getHour() >= 1 && time.getHour() <= 3),
          new Expression("*/20 * * * *", time -> time.getMinute() % 20 == 0),
          new Expression("5 */2 * * *", time -> time.getMinute() == 5 && time.getHour() % 2 == 0),
          new Expression(
              "0 4 * * 1-5",
              time -> at(time, 4, 0) && time.getDayOfWeek().compareTo(DayOfWeek.FRIDAY) <= 0),
          new Expression("0 0 31 * *", time -> at(time, 0, 0) && time.getDayOfMonth() == 31),
          new Expression(
              "15 2 13 * FRI",
              time ->
                  at(time, 2, 15)
                      && (time.getDayOfMonth() == 13 || time.getDayOfWeek() == DayOfWeek.FRIDAY)),
          new Expression(
              "45 23 * MAR,OCT 0",
              time ->
                  at(time, 23, 45)
                      && List.of(3, 10).contains(time.getMonthValue())
                      && time.getDayOfWeek() == DayOfWeek.SUNDAY),
          new Expression(
              "45 23 * 4 7",
              time ->
                  at(time, 23, 45)
                      && time.getMonthValue() == 4
                      && time.getDayOfWeek() == DayOfWeek.SUNDAY));

  private static boolean at(LocalDateTime time, int hour, int minute) {
    return time.getHour() == hour && time.getMinute() == minute;
  }

  /** Every minute of a year is looked at, which the program does not do. */
  @ParameterizedTest
  @ValueSource(strings = {"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"})
  void aYearHasTheInstantsThatTheRulesSay(String name) {
    ZoneId zone = ZoneId.of(name);
    Instant first = Instant.parse("2026-01-01T12:00:00Z");
    Instant end = Instant.parse("2027-01-02T12:00:00Z");
    for (Expression expression : EXPRESSIONS) {
      boolean everyHour = expression.text().matches("\\S+ [*].*");
      List<Instant> expected =
          everyHour
              ? minutesOfTheClock(expression.fits(), zone, first, end)
              : localTimes(expression.fits(), zone, first, end);
      Cron cron = Cron.of(expression.text(), name);
      List<Instant> found = new ArrayList<>();
      for (Instant next = cron.next(first); next.isBefore(end); next = cron.next(next)) {
        found.add(next);
      }
      assertThat(found).as("%s in %s", expression.text(), name).isEqualTo(expected);
      assertThat(expected).isNotEmpty();
    }
  }

  private static List<Instant> minutesOfTheClock(
      Predicate<LocalDateTime> fits, ZoneId zone, Instant first, Instant end) {
    List<Instant> instants = new ArrayList<>();
    for (Instant time = first.plusSeconds(60); time.isBefore(end); time = time.plusSeconds(60)) {
      if (fits.test(LocalDateTime.ofInstant(time, zone))) {
        instants.add(time);
      }
    }
    return instants;
  }

  private static List<Instant> localTimes(
      Predicate<LocalDateTime> fits, ZoneId zone, Instant first, Instant end) {
    ZoneRules rules = zone.getRules();
    TreeSet<Instant> instants = new TreeSet<>();
    LocalDateTime last = LocalDateTime.ofInstant(end, ZoneOffset.UTC).plusDays(2);
    for (LocalDateTime time = LocalDateTime.ofInstant(first, ZoneOffset.UTC).minusDays(2);
        time.isBefore(last);
        time = time.plusMinutes(1)) {
      if (fits.test(time)) {
        ZoneOffsetTransition change = rules.getTransition(time);
        boolean leftOut = change != null && change.isGap();
        Instant instant =
            leftOut
                ? change.getInstant()
                : time.toInstant(change == null ? rules.getOffset(time) : change.getOffsetBefore());
        if (instant.isAfter(first) && instant.isBefore(end)) {
          instants.add(instant);
        }
      }
    }
    return List.copyOf(instants);
  }

  /** The rules by example: what the page of the service says. */
  @ParameterizedTest
  @CsvSource({
    // 2:30 is left out on 29 March: when the clock has been put forward to 3:00
    "30 2 * * *, Europe/Berlin, 2026-03-28T12:00:00Z, 2026-03-29T01:00:00Z",
    "30 2 * * *, Europe/Berlin, 2026-03-29T01:00:00Z, 2026-03-30T00:30:00Z",
    // 2:30 comes twice on 25 October: the first time only
    "30 2 * * *, Europe/Berlin, 2026-10-24T12:00:00Z, 2026-10-25T00:30:00Z",
    "30 2 * * *, Europe/Berlin, 2026-10-25T00:30:00Z, 2026-10-26T01:30:00Z",
    // every half hour: by the clock, so nothing is left out and nothing is doubled in real time
    "*/30 * * * *, Europe/Berlin, 2026-03-29T00:30:00Z, 2026-03-29T01:00:00Z",
    "*/30 * * * *, Europe/Berlin, 2026-10-25T00:30:00Z, 2026-10-25T01:00:00Z",
    "*/30 * * * *, Europe/Berlin, 2026-10-25T01:00:00Z, 2026-10-25T01:30:00Z",
    "30 2 8 3 *, America/New_York, 2026-01-01T00:00:00Z, 2026-03-08T07:00:00Z",
    "30 1 1 11 *, America/New_York, 2026-01-01T00:00:00Z, 2026-11-01T05:30:00Z",
    "15 2 4 10 *, Australia/Lord_Howe, 2026-01-01T00:00:00Z, 2026-10-03T15:30:00Z",
    "0 0 29 2 *, UTC, 2026-01-01T00:00:00Z, 2028-02-29T00:00:00Z"
  })
  void changesOfTheClockFollowTheRules(String text, String zone, Instant after, Instant next) {
    assertThat(Cron.of(text, zone).next(after)).isEqualTo(next);
  }

  @Test
  void theLatestInstantIsFoundAfterAnyPause() {
    Cron night = Cron.of("30 3 * * *", "UTC");
    Instant first = Instant.parse("2026-01-05T03:30:00Z");
    assertThat(night.latest(first, Instant.parse("2026-01-05T03:29:59Z"))).isEmpty();
    assertThat(night.latest(first, first)).contains(first);
    assertThat(night.latest(first, Instant.parse("2026-01-06T03:00:00Z"))).contains(first);
    assertThat(night.latest(first, Instant.parse("2026-09-01T00:00:00Z")))
        .contains(Instant.parse("2026-08-31T03:30:00Z"));
    Cron rare = Cron.of("0 0 29 2 *", "UTC");
    Instant leap = Instant.parse("2028-02-29T00:00:00Z");
    assertThat(rare.latest(leap, Instant.parse("2031-01-01T00:00:00Z"))).contains(leap);
    assertThat(Cron.of("* * * * *", "UTC").latest(first, Instant.parse("2028-01-01T00:00:59Z")))
        .contains(Instant.parse("2028-01-01T00:00:00Z"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "* * * *; UTC; five fields",
        "0 * * * * *; UTC; five fields",
        "@daily; UTC; five fields",
        "61 * * * *; UTC; cron: '61 * * * *'",
        "0 24 * * *; UTC; cron: '0 24 * * *'",
        "0 0 30 2 *; UTC; never happens",
        "0 0 L * *; UTC; cron: '0 0 L * *'",
        "a b c d e; UTC; cron: 'a b c d e'",
        "0 3 * * *; Europe/Bielefeld; zone: 'Europe/Bielefeld' is no time zone",
        "0 3 * * *; ../../etc; is no time zone"
      })
  void whatIsNoScheduleIsRefused(String text, String zone, String message) {
    assertThatThrownBy(() -> Cron.of(text, zone))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }
}
