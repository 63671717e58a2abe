package trainer.service.worker;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * A program with the command line and the run directory of the trainer that starts fast and does as
 * its configuration says: so many {@code steps} of some milliseconds, each with a checkpoint;
 * {@code crash}es at a step in its first attempt; or {@code exit}s at once.
 */
final class StandInTrainer {
  private StandInTrainer() {}

  public static void main(String[] words) throws Exception {
    List<String> arguments = Arrays.asList(words);
    String configuration = Files.readString(Path.of(arguments.get(1)));
    Path output = Path.of(arguments.get(arguments.indexOf("--output") + 1));
    if (arguments.contains("--stop-at-end-of-input")) {
      Thread watch = new Thread(StandInTrainer::haltAtEndOfInput);
      watch.setDaemon(true);
      watch.start();
    }
    int code = number(configuration, "exit", -1);
    if (code >= 0) {
      System.err.println("error: it was told to");
      Runtime.getRuntime().halt(code);
    }
    int steps = number(configuration, "steps", 1);
    int crash = number(configuration, "crash", -1);
    int milliseconds = number(configuration, "milliseconds", 5);
    for (int step = latest(output) + 1; step <= steps; step++) {
      if (step == crash && output.endsWith("1")) {
        Runtime.getRuntime().halt(134);
      }
      Thread.sleep(milliseconds);
      Files.writeString(
          output.resolve("metrics.csv"),
          step + "\n",
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
      Path part = output.resolve("checkpoints/.part");
      Files.writeString(part, "step " + step);
      Files.move(part, output.resolve("checkpoints/" + step + ".zip"));
    }
    Files.writeString(output.resolve("model.zip"), "step " + steps);
  }

  private static int number(String configuration, String key, int otherwise) {
    return configuration
        .lines()
        .filter(line -> line.startsWith(key + ": "))
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

  private static void haltAtEndOfInput() {
    try {
      while (System.in.read() >= 0) {
        // Nothing is said there.
      }
    } catch (IOException e) {
      // As if it had ended.
    }
    Runtime.getRuntime().halt(143);
  }
}
