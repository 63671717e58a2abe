package trainer.benchmark;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The process of one side. Idle between requests. */
final class SideProcess implements AutoCloseable {
  private final Program program;
  private final ThreadSetting threads;
  private final Path log;
  private final Process process;
  private final Writer requests;
  private final BufferedReader answers;

  /**
   * A side's program.
   *
   * @param title such as {@code libtorch 2.7.1}
   * @param main its main class
   */
  record Program(String title, String main, String classPath) {}

  /**
   * Thread counts of a process.
   *
   * @param count of the program and OpenMP
   * @param openBlas of OpenBLAS
   */
  record ThreadSetting(int count, int openBlas) {
    @Override
    public String toString() {
      return "OMP_NUM_THREADS=%d OPENBLAS_NUM_THREADS=%d".formatted(count, openBlas);
    }
  }

  /**
   * Starts a side.
   *
   * @param folder for the process's output
   */
  SideProcess(Program program, Path workload, ThreadSetting threads, Path folder)
      throws IOException {
    this.program = program;
    this.threads = threads;
    log = folder.resolve(program.main() + ".log");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx2g", "-cp", program.classPath(), program.main()));
    command.addAll(List.of(workload.toString(), Integer.toString(threads.count())));
    ProcessBuilder builder = new ProcessBuilder(command);
    Map<String, String> environment = builder.environment();
    environment.put("OMP_NUM_THREADS", Integer.toString(threads.count()));
    environment.put("OPENBLAS_NUM_THREADS", Integer.toString(threads.openBlas()));
    builder.redirectError(log.toFile());
    process = builder.start();
    requests = process.outputWriter(StandardCharsets.UTF_8);
    answers =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
  }

  Program program() {
    return program;
  }

  ThreadSetting threads() {
    return threads;
  }

  /** Losses of the next steps, nats per character. */
  double[] losses(int steps) {
    return request("losses " + steps);
  }

  /** Durations of the next steps, milliseconds. */
  double[] time(int steps) {
    return request("time " + steps);
  }

  /** Peak resident memory, MiB. */
  double memory() {
    return request("memory")[0];
  }

  private double[] request(String request) {
    try {
      requests.write(request + "\n");
      requests.flush();
      for (String line; (line = answers.readLine()) != null; ) {
        if (line.startsWith(Side.ANSWER)) {
          return Stream.of(line.substring(Side.ANSWER.length()).trim().split(" ", -1))
              .mapToDouble(Double::parseDouble)
              .toArray();
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(program.title() + " has ended: see " + log, e);
    }
    throw new IllegalStateException(
        "%s ended at the request '%s': see %s".formatted(program.title(), request, log));
  }

  /** Ends the process. */
  @Override
  public void close() {
    process.destroy();
    try {
      process.waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
