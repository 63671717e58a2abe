package trainer.cli.console;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class ConsoleTest {
  @Test
  void untrustedTextCannotControlATerminal() {
    assertThat(Console.printable("a\tb\n\u001b]0;title\u0007 \u009b31m\r\u007f é𝄞"))
        .isEqualTo("a\tb\n?]0;title? ?31m?? é𝄞");
  }
}
