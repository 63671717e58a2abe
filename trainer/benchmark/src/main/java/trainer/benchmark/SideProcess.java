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
   * @param command to which the workload's file and the number of threads are added
   */
  record Program(String title, List<String> command) {

    /** A main class. */
    static Program java(String title, String main, String classPath) {
      String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
      return new Program(title, List.of(java, "-Xmx2g", "-cp", classPath, main));
    }
  }

  /** What glibc's allocator does with freed memory. */
  enum Allocator {
    AS_IT_COMES(""),

    /** Keeps it, which spares page faults. */
    KEEPING(", allocator keeps memory"),

    /** Also in threads of Java, whose arenas hold at most 64 MiB. */
    KEEPING_ONE_ARENA(", allocator keeps memory in one arena");

    private final String description;

    Allocator(String description) {
      this.description = description;
    }

    private void putInto(Map<String, String> environment) {
      if (this != AS_IT_COMES) {
        environment.put("MALLOC_MMAP_THRESHOLD_", "4294967296");
        environment.put("MALLOC_TRIM_THRESHOLD_", "8589934592");
        environment.put("MALLOC_TOP_PAD_", "268435456");
      }
      if (this == KEEPING_ONE_ARENA) {
        environment.put("MALLOC_ARENA_MAX", "1");
      }
    }
  }

  /**
   * Environment of a process.
   *
   * @param count threads of the program and OpenMP
   * @param openBlas threads of OpenBLAS
   */
  record ThreadSetting(int count, int openBlas, Allocator allocator) {
    void putInto(Map<String, String> environment) {
      environment.put("OMP_NUM_THREADS", Integer.toString(count));
      environment.put("OPENBLAS_NUM_THREADS", Integer.toString(openBlas));
      environment.remove("OPENBLAS_CORETYPE");
      allocator.putInto(environment);
    }

    @Override
    public String toString() {
      return "OMP_NUM_THREADS=%d OPENBLAS_NUM_THREADS=%d%s"
          .formatted(count, openBlas, allocator.description);
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
    log = folder.resolve(program.title() + ".log");
    List<String> command = new ArrayList<>(program.command());
    command.addAll(List.of(workload.toString(), Integer.toString(threads.count())));
    ProcessBuilder builder = new ProcessBuilder(command);
    threads.putInto(builder.environment());
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
