package trainer.service.worker;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import trainer.run.MetricsRow;
import trainer.service.inference.InferenceProcess;
import trainer.service.registry.Checkpoints;

/**
 * A program with the command line and the run directory of the trainer that starts fast and does as
 * its configuration says: a number of {@code steps} of some milliseconds, each with a checkpoint;
 * {@code crash}es at a step in its first attempt; or {@code exit}s at once. Its validation loss is
 * higher by a tenth for each {@code seed} above 1, but for the default.
 */
final class StandInTrainer {
  private static final int USUAL_SEED = 42;
  private static final String ITERATIONS = "--set=training.max_iterations=";

  private StandInTrainer() {}

  public static void main(String[] words) throws Exception {
    List<String> arguments = Arrays.asList(words);
    if (words[0].equals("devices")) {
      System.out.println(
          "{\"gpus\":[{\"ordinal\":0,\"name\":\"first\"},{\"ordinal\":1,\"name\":\"second\"}],"
              + "\"libraries\":{},\"processors\":2,\"cuda_usable\":true,\"auto\":\"cuda\"}");
      return;
    }
    if (words[0].equals(InferenceProcess.COMMAND)) {
      StandInModel.serve();
      return;
    }
    if (words[0].equals("plan")) {
      String planned = Files.readString(Path.of(arguments.get(1)));
      int planCode = number(planned, "sequence_length", 0) - 500;
      if (planCode > 0) {
        System.err.println(planCode > 2 ? "no words" : "error: " + arguments);
        Runtime.getRuntime().halt(planCode);
      }
      System.out.println(
          "{\"parameters\":37376,\"memory_bytes\":10000000,\"iterations\":4,"
              + "\"iterations_per_epoch\":2,\"seconds\":12.5,\"warnings\":[\"short\"]}");
      return;
    }
    if (words[0].equals("evaluate")) {
      StandInModel.measure(arguments);
      return;
    }
    String configuration = Files.readString(Path.of(arguments.get(1)));
    Path output = Path.of(arguments.get(arguments.indexOf("--output") + 1));
    if (arguments.contains("--stop-at-end-of-input")) {
      Thread watch = new Thread(StandInTrainer::exitAtEndOfInput);
      watch.setDaemon(true);
      watch.start();
    }
    if (arguments.contains("--fork")) {
      System.err.println("forks " + arguments.get(arguments.indexOf("--fork") + 1));
    }
    if (arguments.contains("--init-from")) {
      System.err.printf(
          "begins with %s%s%n",
          arguments.get(arguments.indexOf("--init-from") + 1),
          arguments.contains("--extend-vocabulary") ? " and new characters" : "");
    }
    int slowness = number(configuration, "sequence_length", 0); // to end, in milliseconds
    Runtime.getRuntime().addShutdownHook(new Thread(() -> sleep(slowness)));
    int code = number(configuration, "exit", -1);
    if (code >= 0) {
      System.err.println("error: it was configured to");
      Runtime.getRuntime().halt(code);
    }
    Files.writeString(
        output.resolve("shown.txt"), String.valueOf(System.getenv("CUDA_VISIBLE_DEVICES")));
    Files.writeString(output.resolve("corpus.bin"), "text");
    Files.writeString(output.resolve("provenance.json"), "{\"program\":\"stand-in\"}\n");
    if (!Files.exists(output.resolve("metrics.csv"))) {
      append(output.resolve("metrics.csv"), MetricsRow.HEADER + "\n");
    }
    int steps =
        arguments.stream()
            .filter(word -> word.startsWith(ITERATIONS))
            .map(word -> Integer.valueOf(word.substring(ITERATIONS.length())))
            .findFirst()
            .orElse(number(configuration, "steps", number(configuration, "max_iterations", 1)));
    int seed = number(configuration, "seed", USUAL_SEED);
    double factor = seed == USUAL_SEED ? 1 : 0.9 + seed / 10.0;
    int crash = number(configuration, "crash", -1);
    int milliseconds = number(configuration, "milliseconds", 5);
    append(
        output.resolve("events.jsonl"),
        "{\"kind\":\"started\",\"details\":{\"iterations\":%d}}\n".formatted(steps));
    for (int step = latest(output) + 1; step <= steps; step++) {
      if (step == crash && output.endsWith("1")) {
        Runtime.getRuntime().halt(134);
      }
      Thread.sleep(milliseconds);
      append(output.resolve("metrics.csv"), row(step, factor).line() + "\n");
      append(
          output.resolve("samples.txt"),
          "=== iteration %d, temperature 0.5, 5 characters ===\n<b>%d\n\n"
              .formatted(step, step % 10 + 10));
      System.err.println("step " + step);
      Path part = output.resolve("checkpoints/.part");
      Files.writeString(part, "step " + step);
      Files.move(part, output.resolve("checkpoints/" + step + ".zip"));
    }
    Files.writeString(output.resolve("loss.svg"), "<svg xmlns='http://www.w3.org/2000/svg'/>");
    Files.writeString(output.resolve("loss.png"), "a picture");
    Checkpoints.write(output.resolve("model.zip"), "step " + steps);
  }

  private static MetricsRow row(int step, double factor) {
    Double validation = step % 2 == 0 ? 3.1 / step * factor : null;
    return new MetricsRow(
        step, 0, 100L * step, 0.1 * step, 3.0 / step, validation, 0.002, 1.0, 1000.0);
  }

  private static void append(Path file, String text) throws IOException {
    Files.writeString(file, text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }

  private static int number(String configuration, String key, int otherwise) {
    return configuration
        .lines()
        .map(String::strip)
        .filter(line -> line.matches(key + ": [0-9]+"))
        .map(line -> Integer.valueOf(line.substring(key.length() + 2)))
        .findFirst()
        .orElse(otherwise);
  }

  private static int latest(Path output) throws IOException {
    try (Stream<Path> files = Files.list(output.resolve("checkpoints"))) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(".zip"))
          .mapToInt(name -> Integer.parseInt(name.replace(".zip", "")))
          .max()
          .orElse(0);
    }
  }

  private static void sleep(int milliseconds) {
    try {
      Thread.sleep(milliseconds);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static void exitAtEndOfInput() {
    try {
      while (System.in.read() >= 0) {
        // nothing there
      }
    } catch (IOException e) {
      // As if it had ended.
    }
    Runtime.getRuntime().exit(143);
  }
}
