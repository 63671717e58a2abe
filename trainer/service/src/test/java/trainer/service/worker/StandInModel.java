package trainer.service.worker;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import trainer.file.Sha256;
import trainer.file.Watch;
import trainer.service.registry.Checkpoints;

/** Writes text as {@code sample} does: the prompt, then letters, a few at a time. */
final class StandInModel {
  private StandInModel() {}

  static void write(List<String> arguments) throws InterruptedException, IOException {
    checkNoGpuIsShown();
    Path file = Path.of(arguments.get(1)).resolve("best.zip");
    if (Files.exists(file) && !isWhole(file)) {
      System.err.println("error: " + file + ": is damaged; restore it from a copy");
      Runtime.getRuntime().halt(2);
    }
    if (!arguments.contains("--prompt=-")) {
      System.err.println("error: the prompt must come through standard input");
      Runtime.getRuntime().halt(2);
    }
    String prime = new String(System.in.readAllBytes(), StandardCharsets.UTF_8);
    if (prime.contains("\u00df")) {
      System.err.println("error: --prompt: the model does not know '\u00df'; leave it out");
      Runtime.getRuntime().halt(2);
    }
    System.out.print(prime);
    int length = Integer.parseInt(option(arguments, "--length", "0"));
    for (int i = 0; i < length; i++) {
      System.out.print((char) ('a' + i % 26));
      if (i % 100 == 0) {
        System.out.flush();
        Thread.sleep(20);
      }
    }
    System.out.println();
  }

  private static boolean isWhole(Path file) {
    try {
      return Checkpoints.read(file).startsWith("step ");
    } catch (IOException e) {
      return false;
    }
  }

  /** Prints figures as {@code evaluate} does: more steps make a better model. */
  static void measure(List<String> arguments) throws IOException {
    checkNoGpuIsShown();
    String corpus = option(arguments, "--corpus", "");
    if (corpus.endsWith("unreadable.txt")) {
      System.err.println("error: unreadable.txt: cannot be read");
      Runtime.getRuntime().halt(2);
    }
    String model = Checkpoints.read(Path.of(arguments.get(1)).resolve("best.zip"));
    double loss = 3.0 / Integer.parseInt(model.replace("step ", ""));
    if (corpus.endsWith("worse.txt")) {
      loss += 3;
    }
    System.out.printf(
        Locale.ROOT,
        "{\"sha256\":\"%s\",\"characters\":1000,\"unknown_characters\":0,"
            + "\"nats_per_character\":%s,\"unigram_nats_per_character\":3.5}%n",
        corpus.isEmpty() ? "of a split" : Sha256.hex(Path.of(corpus), Watch.none()),
        loss);
  }

  /** Those are for training. */
  private static void checkNoGpuIsShown() {
    String shown = System.getenv("CUDA_VISIBLE_DEVICES");
    if (!"".equals(shown)) {
      System.err.println("error: CUDA_VISIBLE_DEVICES is " + shown);
      Runtime.getRuntime().halt(2);
    }
  }

  private static String option(List<String> arguments, String name, String otherwise) {
    return arguments.stream()
        .filter(word -> word.startsWith(name + "="))
        .map(word -> word.substring(name.length() + 1))
        .findFirst()
        .orElse(otherwise);
  }
}
