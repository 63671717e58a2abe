package trainer.benchmark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import trainer.cli.Main;

/**
 * Leak test of a long run: trains a network of all four cells in a process of its own, with
 * evaluations, samples, pictures and checkpoints every few seconds, and samples the resources of
 * the process and its run directory every ten seconds. {@code Soak MODULE_FOLDER}, for {@code
 * -Dsoak.minutes}. Writes soak.csv and soak.png to the target folder; exits with 1 if a resource
 * grew or the run did not stop on SIGTERM. Linux only.
 */
public final class Soak {
  private static final int MINUTES = Integer.getInteger("soak.minutes", 120);
  private static final long SAMPLE_SECONDS = 10;
  private static final long GRACE_SECONDS = 60;
  private static final int TERMINATED = 143;
  private static final String JOB =
      """
      name: soak
      seed: 1
      data: {corpus: '%s'}
      model:
        layers:
          - {type: graves_lstm, size: 32}
          - {type: lstm, size: 32}
          - {type: gru, size: 32, dropout: 0.1}
          - {type: simple_rnn, size: 32}
      training:
        batch_size: 16
        sequence_length: 32
        epochs: 1000000
        optimizer: {type: adam, learning_rate: 0.001}
      evaluation: {every_iterations: 5000}
      checkpoints: {every_iterations: 1000}
      samples: {every_iterations: 2500, length: 200}
      compute: {engine: cpu, threads: 1}
      """;

  private final Path corpus;
  private final Path target;
  private final Path folder;

  private Soak(Path module) {
    corpus = module.resolve("../../datasets/shakespeare.txt").toAbsolutePath().normalize();
    target = module.resolve("target").toAbsolutePath();
    folder = target.resolve("soak");
  }

  /** Runs it. */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    System.exit(new Soak(Path.of(arguments[0])).run() ? 0 : 1);
  }

  private boolean run() throws IOException, InterruptedException {
    delete(folder);
    Files.createDirectories(folder.resolve("temporary"));
    Files.writeString(folder.resolve("job.yml"), JOB.formatted(corpus));
    Process process = start();
    Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
    List<SoakSample> samples = new ArrayList<>();
    long start = System.nanoTime();
    do {
      if (process.waitFor(SAMPLE_SECONDS, TimeUnit.SECONDS)) {
        System.err.println("training ended by itself: see " + folder.resolve("err.txt"));
        return false;
      }
      samples.add(SoakSample.of(process, seconds(start), folder));
      System.err.println(samples.get(samples.size() - 1));
      SoakSample.write(samples, target.resolve("soak.csv"));
    } while (seconds(start) < MINUTES * 60.0);

    long asked = System.nanoTime();
    process.destroy(); // SIGTERM
    boolean ended = process.waitFor(GRACE_SECONDS, TimeUnit.SECONDS);
    int code = ended ? process.exitValue() : -1;
    System.out.printf(Locale.ROOT, "exit %d, %.2f s after SIGTERM%n", code, seconds(asked));
    process.destroyForcibly();

    List<SoakQuantity> quantities = SoakQuantity.of(samples);
    quantities.forEach(System.out::println);
    SoakPicture.write(quantities, target.resolve("soak.png"));
    return code == TERMINATED && quantities.stream().allMatch(SoakQuantity::isFlat);
  }

  private Process start() throws IOException {
    List<String> command =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx256m",
            "-Xlog:gc:file=" + folder.resolve(SoakSample.COLLECTIONS),
            "-Djava.io.tmpdir=" + folder.resolve(SoakSample.TEMPORARY),
            "-Djava.awt.headless=true",
            "-cp",
            System.getProperty("java.class.path"),
            Main.class.getName(),
            "train",
            folder.resolve("job.yml").toString(),
            "--output",
            folder.resolve(SoakSample.RUN).toString());
    return new ProcessBuilder(command)
        .directory(folder.toFile())
        .redirectOutput(folder.resolve("out.txt").toFile())
        .redirectError(folder.resolve("err.txt").toFile())
        .start();
  }

  private static double seconds(long start) {
    return (System.nanoTime() - start) / 1e9;
  }

  private static void delete(Path directory) throws IOException {
    if (!Files.exists(directory)) {
      return;
    }
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
