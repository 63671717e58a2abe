package trainer.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.util.SplittableRandom;
import trainer.cli.console.Console;
import trainer.cli.console.Interruption;
import trainer.job.TrainedModel;
import trainer.sampling.Conversation;
import trainer.sampling.Sampling;
import trainer.text.Prompt;
import trainer.text.TextException;

/**
 * {@code sample RUN --interactive}: a person and the network write in turn. Ctrl-C ends the
 * network's turn, or the program at a person's.
 *
 * @param length characters of a turn
 * @param surprise whether to show a person's lines coloured by surprise
 */
record InteractiveSample(
    TrainedModel model, Sampling sampling, int length, long seed, boolean surprise) {
  private static final int MOST_NATS = 6;
  private static final int[] REDS = {224, 217, 210, 203, 196}; // of a terminal's 256 colours

  /** Converses until the end of standard input; the exit code. */
  int run(String prompt) {
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, UTF_8));
    SplittableRandom random = new SplittableRandom(seed);
    boolean lines = model.vocabulary().contains('\n');
    try (Conversation conversation = model.conversation()) {
      boolean begun = prompt != null && !prompt.isEmpty();
      if (begun) {
        conversation.read(prompt);
        System.out.print(shown(prompt));
        write(conversation, random);
      }
      for (String line = next(in); line != null; line = next(in)) {
        String text = Prompt.of(lines ? line + "\n" : line, model.configuration().data());
        if (!line.isEmpty() || !begun) {
          try {
            double[] nats = conversation.read(line.isEmpty() && lines ? "\n" : text);
            begun = begun || nats.length > 0;
            if (surprise) {
              System.out.print(coloured(text, nats));
            }
          } catch (TextException e) {
            Console.line(e.getMessage());
            continue;
          }
        }
        if (begun) {
          write(conversation, random);
        }
      }
      return 0;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String next(BufferedReader in) throws IOException {
    if (Console.isOutputTerminal()) {
      System.out.print("> ");
      System.out.flush();
    }
    return in.readLine();
  }

  private void write(Conversation conversation, SplittableRandom random) {
    Interruption.during(
        "your turn",
        stop ->
            conversation.write(
                length,
                sampling,
                random,
                stop,
                drawn -> {
                  System.out.print(shown(drawn));
                  if (System.out.checkError()) {
                    stop.request("standard output is closed");
                  }
                }));
    System.out.println();
  }

  private static String shown(String text) {
    return Console.isOutputTerminal() ? Console.printable(text) : text;
  }

  /** With the colours of a terminal behind the characters. */
  private static String coloured(String text, double... nats) {
    StringBuilder out = new StringBuilder();
    int[] characters = text.codePoints().toArray();
    for (int i = 0; i < characters.length; i++) {
      String character = Console.printable(Character.toString(characters[i]));
      int red = (int) Math.min(REDS.length, nats[i] / MOST_NATS * (REDS.length + 1));
      boolean plain = characters[i] == '\n' || red == 0; // 0 for NaN, too
      out.append(
          plain
              ? character
              : "\033[48;5;%dm\033[38;5;16m%s\033[0m".formatted(REDS[red - 1], character));
    }
    return out.toString();
  }
}
