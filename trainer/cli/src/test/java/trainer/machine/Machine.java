package trainer.machine;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A machine with a Linux of its own, in processes of this one: Linux in user mode. It runs the
 * programs of this machine, whose files it may read, as root, which it is over nothing else. A
 * machine can fail in ways that a process cannot. Not safe for several threads.
 */
public final class Machine implements AutoCloseable {
  /** Where a machine has the folder that it shares with this one. */
  public static final Path HOST = Path.of("/mnt/host");

  static final Path LINUX = Path.of("/usr/bin/linux.uml");
  private static final String ANSWERED = "= ";

  private final String name;
  private final Path shared;
  private final Process process;
  private final BufferedReader answers;
  private int commands;

  /** What a command printed, and its exit code. */
  public record Answer(int exitCode, String output) {}

  private Machine(String name, Path shared, Process process) {
    this.name = name;
    this.shared = shared;
    this.process = process;
    this.answers = process.inputReader(UTF_8);
  }

  /**
   * Starts a machine and waits until it is there.
   *
   * @param address such as {@code 10.0.0.1}
   * @param shared a folder of this machine that it may write to, as {@link #HOST}
   */
  public static Machine boot(String name, String address, Network network, Path shared)
      throws IOException {
    Process process =
        new ProcessBuilder(
                "nice",
                LINUX.toString(),
                "mem=1200M",
                "rootfstype=hostfs",
                "rootflags=/",
                "ro",
                "quiet",
                "con=null",
                "con0=fd:0,fd:1",
                "eth0=daemon,,unix," + network.socket(),
                "NAME=" + name,
                "ADDRESS=" + address,
                "SHARED=" + shared,
                "init=/bin/sh",
                "--",
                script("boot.sh").toString())
            .redirectErrorStream(true)
            .start();
    Machine machine = new Machine(name, shared, process);
    machine.answer();
    return machine;
  }

  /** A script for machines, where they find it too. */
  public static Path script(String name) {
    try {
      return Path.of(Machine.class.getResource(name).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Runs a command of the shell to its end.
   *
   * @throws IOException if the machine ends first
   */
  public Answer run(String command) throws IOException {
    String script = "%s-%d.sh".formatted(name, commands++); // a console's line may not be long
    Files.writeString(shared.resolve(script), command);
    process.outputWriter(UTF_8).write(script + "\n");
    process.outputWriter(UTF_8).flush();
    return answer();
  }

  private Answer answer() throws IOException {
    StringBuilder output = new StringBuilder();
    for (String line; (line = answers.readLine()) != null; ) {
      if (line.startsWith(ANSWERED)) {
        return new Answer(Integer.parseInt(line.substring(ANSWERED.length())), output.toString());
      }
      output.append(line).append('\n');
    }
    throw new IOException("machine %s has ended: %s".formatted(name, output));
  }

  /** Runs a command of the shell that must succeed; returns what it printed. */
  public String require(String command) throws IOException {
    Answer answer = run(command);
    if (answer.exitCode() != 0) {
      throw new IOException(
          String.format(
              Locale.ROOT,
              "machine %s: %s: exit code %d: %s",
              name,
              command,
              answer.exitCode(),
              answer.output()));
    }
    return answer.output();
  }

  /** Stops the whole machine, as whoever runs virtual machines may; nobody else can tell why. */
  public void pause() {
    signal("STOP");
  }

  /** Lets it go on. */
  public void resume() {
    signal("CONT");
  }

  private void signal(String signal) {
    try {
      new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid())).start().waitFor();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  /** As when its power fails. */
  @Override
  public void close() {
    List<ProcessHandle> parts =
        Stream.concat(process.descendants(), Stream.of(process.toHandle())).toList();
    parts.forEach(ProcessHandle::destroyForcibly);
    try {
      process.waitFor(10, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
