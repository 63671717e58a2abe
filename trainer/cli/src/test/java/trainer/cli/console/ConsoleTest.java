package trainer.cli.console;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class ConsoleTest {
  @Test
  void durationsHaveTwoUnitsAtMost() {
    assertThat(Console.duration(0.4)).isEqualTo("0 s");
    assertThat(Console.duration(34.4)).isEqualTo("34 s");
    assertThat(Console.duration(59.6)).isEqualTo("1 min 00 s");
    assertThat(Console.duration(192)).isEqualTo("3 min 12 s");
    assertThat(Console.duration(3725)).isEqualTo("1 h 02 min");
    assertThat(Console.duration(100 * 3600)).isEqualTo("100 h 00 min");
  }

  @Test
  void untrustedTextCannotControlATerminal() {
    assertThat(Console.printable("a\tb\n\u001b]0;title\u0007 \u009b31m\r\u007f é𝄞"))
        .isEqualTo("a\tb\n^[]0;title^G \\u009b31m^M^? é𝄞");
  }
}
