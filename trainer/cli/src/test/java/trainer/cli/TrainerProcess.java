package trainer.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.joining;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import trainer.process.SharedClasses;

/**
 * The program in a process of its own, from the jar that {@code trainer.jar} names or, without it,
 * from the build's classes. Its output goes to files next to its working directory.
 */
public final class TrainerProcess implements AutoCloseable {
  private static final long SECONDS = 300;
  private static final int CRASHED = 134; // SIGABRT, after a report on standard output
  private static final String JAR = System.getProperty("trainer.jar"); // null: from classes
  private static final Path JAVA = Path.of(System.getProperty("java.home"), "bin", "java");

  private final Process process;
  private final Path out;
  private final Path err;

  /** Exit code and output of a process. */
  public record Result(int exitCode, String out, String err) {
    /** The lines of standard error from the error message on. */
    public String error() {
      int start = err.indexOf("error: ");
      return start < 0 ? "" : err.substring(start).strip();
    }
  }

  /**
   * The time of a short process goes to compiling and loading classes. Two run side by side, each
   * on a processor of its own, unless a configuration sets {@code compute.threads}. A heap that
   * begins small touches few pages, and large ones (on Linux) fewer, as does an archive of classes
   * at the address it was made for: elsewhere each pointer in it is changed.
   */
  private static final List<String> QUICK_COMPILATION =
      List.of(
          "-XX:TieredStopAtLevel=1",
          "-XX:+UseSerialGC",
          "-XX:InitialRAMPercentage=0.2",
          "-XX:+IgnoreUnrecognizedVMOptions",
          "-XX:+UseTransparentHugePages",
          "-XX:+UnlockDiagnosticVMOptions",
          "-XX:ArchiveRelocationMode=0",
          "-XX:ActiveProcessorCount=1",
          "-XX:ErrorFile=" + Path.of("target", "crash_%p.log").toAbsolutePath());

  private static final List<String> QUICK_START =
      JAR == null
          ? QUICK_COMPILATION
          : Stream.concat(QUICK_COMPILATION.stream(), sharedClasses().stream()).toList();

  /** Of classes of the tests; the jar first, or its shared classes would not be used. */
  private static final String CLASS_PATH =
      Stream.of(JAR, System.getProperty("java.class.path"))
          .filter(Objects::nonNull)
          .collect(joining(File.pathSeparator));

  private static List<String> sharedClasses() {
    List<String> command = new ArrayList<>(List.of(JAVA.toString()));
    command.addAll(QUICK_COMPILATION);
    command.addAll(List.of("-jar", JAR));
    command.add(Path.of(JAR).resolveSibling("configs/tiny.yml").toString());
    command.add("--set=training.max_iterations=20");
    try {
      command.add("--output=" + Files.createTempDirectory(Path.of("target"), "run"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return SharedClasses.options(Path.of(JAR), command);
  }

  private TrainerProcess(Process process, Path out, Path err) {
    this.process = process;
    this.out = out;
    this.err = err;
  }

  /** Runs the program to its end. */
  public static Result run(Path directory, String... arguments) {
    return run(directory, List.of(), arguments);
  }

  /** Runs the program to its end, with JVM options. */
  public static Result run(Path directory, List<String> javaOptions, String... arguments) {
    try (TrainerProcess process = start(directory, javaOptions, arguments)) {
      return process.end();
    }
  }

  /** Runs the program to its end through a launcher, such as {@code setpriv}. */
  static Result runBy(
      List<String> program, Path directory, List<String> javaOptions, String... arguments) {
    try (TrainerProcess process = startBy(program, directory, javaOptions, arguments)) {
      return process.end();
    }
  }

  /** Runs another class to its end. */
  static Result runMain(Path directory, List<String> javaOptions, Class<?> main) {
    try (TrainerProcess process = startMain(List.of(), directory, javaOptions, main)) {
      return process.end();
    }
  }

  /** Runs another class to its end through a launcher. */
  static Result runMainBy(
      List<String> program, Path directory, Class<?> main, String... arguments) {
    try (TrainerProcess process = startMainBy(program, directory, main, arguments)) {
      return process.end();
    }
  }

  public static TrainerProcess start(Path directory, String... arguments) {
    return start(directory, List.of(), arguments);
  }

  public static TrainerProcess start(
      Path directory, List<String> javaOptions, String... arguments) {
    return startMain(List.of(), directory, javaOptions, Main.class, arguments);
  }

  /** Starts the program through a launcher that execs it. */
  public static TrainerProcess startBy(
      List<String> program, Path directory, List<String> javaOptions, String... arguments) {
    return startMain(program, directory, javaOptions, Main.class, arguments);
  }

  /** Starts another class through a launcher. */
  static TrainerProcess startMainBy(
      List<String> program, Path directory, Class<?> main, String... arguments) {
    return startMain(program, directory, List.of(), main, arguments);
  }

  /** Starts the program with the JVM's defaults, for performance measurements. */
  static TrainerProcess startAsUsersDo(Path directory, String... arguments) {
    return start(List.of(), directory, List.of(), Main.class, Map.of(), arguments);
  }

  private static TrainerProcess startMain(
      List<String> program,
      Path directory,
      List<String> javaOptions,
      Class<?> main,
      String... arguments) {
    Map<String, String> environment =
        List.of(arguments).contains("serve") // child processes inherit the variable
            ? Map.of("JDK_JAVA_OPTIONS", String.join(" ", QUICK_START))
            : Map.of();
    return start(program, directory, quick(javaOptions), main, environment, arguments);
  }

  private static List<String> quick(List<String> javaOptions) {
    List<String> options = new ArrayList<>(QUICK_START);
    options.addAll(List.of("-Xmx512m", "-Djava.awt.headless=true"));
    options.addAll(javaOptions);
    return options;
  }

  /** Starts the process of {@link Commands}; its standard error goes to this process's. */
  static Process startCommands(List<String> program, Path directory, String... commands) {
    try {
      return builder(program, directory, quick(List.of()), Commands.class, Map.of(), commands)
          .redirectError(ProcessBuilder.Redirect.INHERIT)
          .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static TrainerProcess start(
      List<String> program,
      Path directory,
      List<String> javaOptions,
      Class<?> main,
      Map<String, String> environment,
      String... arguments) {
    try {
      Path folder = directory.toAbsolutePath().getParent();
      Path out = Files.createTempFile(folder, "out", ".txt");
      Path err = Files.createTempFile(folder, "err", ".txt");
      ProcessBuilder builder =
          builder(program, directory, javaOptions, main, environment, arguments)
              .redirectOutput(out.toFile())
              .redirectError(err.toFile());
      return new TrainerProcess(builder.start(), out, err);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static ProcessBuilder builder(
      List<String> program,
      Path directory,
      List<String> javaOptions,
      Class<?> main,
      Map<String, String> environment,
      String... arguments) {
    List<String> command = new ArrayList<>(program);
    command.add(JAVA.toString());
    command.addAll(javaOptions);
    command.addAll(
        main == Main.class && JAR != null
            ? List.of("-jar", JAR)
            : List.of("-cp", CLASS_PATH, main.getName()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile());
    builder.environment().remove("JAVA_TOOL_OPTIONS"); // the JVM would print it to standard error
    // Settings of the user who runs the tests.
    builder.environment().keySet().removeIf(name -> name.startsWith("TRAINER_"));
    builder.environment().putAll(environment);
    return builder;
  }

  /** Waits for the end. */
  public Result end() {
    try {
      if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
        throw new AssertionError("still running after " + SECONDS + " s: " + err());
      }
      if (process.exitValue() == CRASHED) {
        throw new AssertionError("the JVM crashed: " + out() + err());
      }
      return new Result(process.exitValue(), out(), err());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  /** Sends a line to its standard input. */
  void writeLine(String line) {
    write(line + "\n");
  }

  /** Sends text to its standard input. */
  TrainerProcess write(String text) {
    try {
      process.getOutputStream().write(text.getBytes(UTF_8));
      process.getOutputStream().flush();
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  String out() {
    return read(out);
  }

  public String err() {
    return read(err);
  }

  private static String read(Path file) {
    try {
      return new String(Files.readAllBytes(file), UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** CPU time used, without child processes. */
  double processorSeconds() {
    return process.info().totalCpuDuration().orElseThrow().toNanos() / 1e9;
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** Arguments and environment of its child processes, each ended by NUL, as Linux shows them. */
  public List<String> childrenAsShown() {
    List<String> shown = new ArrayList<>();
    for (ProcessHandle child : process.descendants().toList()) {
      Path entry = Path.of("/proc", Long.toString(child.pid()));
      shown.add(read(entry.resolve("cmdline")) + read(entry.resolve("environ")));
    }
    return shown;
  }

  /** The child process that runs a command. */
  public ProcessHandle child(String command) {
    return process
        .descendants()
        .filter(
            child ->
                read(Path.of("/proc", Long.toString(child.pid()), "cmdline"))
                    .contains("\0" + command + "\0"))
        .findFirst()
        .orElseThrow();
  }

  /** Waits for a condition while the process runs. */
  public TrainerProcess await(String what, BooleanSupplier happened) {
    long start = System.nanoTime();
    while (!happened.getAsBoolean()) {
      if (!process.isAlive() || System.nanoTime() - start > SECONDS * 1_000_000_000) {
        throw new AssertionError("no %s; standard error: %s".formatted(what, err()));
      }
      pause(5);
    }
    return this;
  }

  /** Waits for a text on standard error. */
  public TrainerProcess awaitError(String text) {
    return await("'" + text + "'", () -> err().contains(text));
  }

  /** Waits until the process has a file open. */
  TrainerProcess awaitOpen(Path file) {
    return await(file + " to be opened", () -> hasOpen(file));
  }

  private boolean hasOpen(Path file) {
    try (Stream<Path> open = Files.list(Path.of("/proc", Long.toString(process.pid()), "fd"))) {
      for (Path descriptor : (Iterable<Path>) open::iterator) {
        // Other files may be closed meanwhile.
        if (Files.isSymbolicLink(descriptor) && isLinkTo(file, descriptor)) {
          return true;
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return false;
  }

  private static boolean isLinkTo(Path file, Path link) {
    try {
      return Files.readSymbolicLink(link).equals(file);
    } catch (IOException e) {
      return false;
    }
  }

  public static void pause(long milliseconds) {
    try {
      TimeUnit.MILLISECONDS.sleep(milliseconds);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  /** Closes its standard input. */
  TrainerProcess endInput() {
    try {
      process.getOutputStream().close();
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Sends a signal, such as {@code TERM}. */
  public TrainerProcess signal(String name) {
    return signal(name, Long.toString(process.pid()));
  }

  /** Sends a signal to its process group, which it must lead. */
  public TrainerProcess signalGroup(String name) {
    return signal(name, "-" + process.pid());
  }

  private TrainerProcess signal(String name, String receiver) {
    try {
      new ProcessBuilder("kill", "-" + name, "--", receiver).start().waitFor();
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  /** Kills the process and waits for its end. */
  @Override
  public void close() {
    process.destroyForcibly();
    boolean interrupted = false;
    while (process.isAlive()) {
      try {
        process.waitFor();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
