package trainer.service.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.DayOfWeek;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class CronTest {
  /** The same condition in Java. */
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

  /** Compares with a search of every minute of a year. */
  @ParameterizedTest
  @ValueSource(strings = {"Europe/Berlin", "America/New_York", "UTC"})
  void aYearHasEveryLocalTimeThatFitsAndNoOther(String name) {
    ZoneId zone = ZoneId.of(name);
    Instant first = Instant.parse("2026-01-01T12:00:00Z");
    Instant end = Instant.parse("2027-01-02T12:00:00Z");
    Map<Expression, Set<LocalDateTime>> fitting = new HashMap<>();
    for (Instant time = first.plusSeconds(60); time.isBefore(end); time = time.plusSeconds(60)) {
      LocalDateTime local = LocalDateTime.ofInstant(time, zone);
      for (Expression expression : EXPRESSIONS) {
        if (expression.fits().test(local)) {
          fitting.computeIfAbsent(expression, any -> new TreeSet<>()).add(local);
        }
      }
    }
    assertThat(fitting).hasSameSizeAs(EXPRESSIONS);
    fitting.forEach(
        (expression, expected) -> {
          Cron cron = Cron.of(expression.text(), name);
          Set<LocalDateTime> found = new TreeSet<>();
          for (Instant next = cron.next(first); next.isBefore(end); next = cron.next(next)) {
            found.add(LocalDateTime.ofInstant(next, zone));
          }
          assertThat(found).as("%s in %s", expression.text(), name).isEqualTo(expected);
        });
  }

  /** Daylight saving by example: docs/service.md says the same. */
  @ParameterizedTest
  @CsvSource({
    // 2:30 does not exist on 29 March: not that day
    "30 2 * * *, Europe/Berlin, 2026-03-28T12:00:00Z, 2026-03-30T00:30:00Z",
    // 2:30 occurs twice on 25 October: the first time only
    "30 2 * * *, Europe/Berlin, 2026-10-24T12:00:00Z, 2026-10-25T00:30:00Z",
    "30 2 * * *, Europe/Berlin, 2026-10-25T00:30:00Z, 2026-10-26T01:30:00Z",
    // every half hour of real time
    "*/30 * * * *, Europe/Berlin, 2026-03-29T00:30:00Z, 2026-03-29T01:00:00Z",
    "*/30 * * * *, Europe/Berlin, 2026-10-25T00:30:00Z, 2026-10-25T01:00:00Z",
    "*/30 * * * *, Europe/Berlin, 2026-10-25T01:00:00Z, 2026-10-25T01:30:00Z",
    "30 1 1 11 *, America/New_York, 2026-01-01T00:00:00Z, 2026-11-01T05:30:00Z",
    "0 0 29 2 *, UTC, 2026-01-01T00:00:00Z, 2028-02-29T00:00:00Z"
  })
  void skippedTimesDoNotFireAndRepeatedTimesFireOnce(
      String text, String zone, Instant after, Instant next) {
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
        "0 3 * * 2-5/; UTC; cron: '0 3 * * 2-5/': a field is incomplete",
        "0 3 * * *; Europe/Bielefeld; zone: 'Europe/Bielefeld' is no time zone",
        "0 3 * * *; ../../etc; is no time zone"
      })
  void whatIsNoScheduleIsRefused(String text, String zone, String message) {
    assertThatThrownBy(() -> Cron.of(text, zone))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }
}
