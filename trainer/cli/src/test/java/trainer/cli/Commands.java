package trainer.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import trainer.cli.TrainerProcess.Result;

/**
 * The program, run with one command line after the other in one process with a working directory:
 * most of the time of a short command is the start of Java and ND4J. {@link TrainerProcess} starts
 * a process for one command.
 */
public final class Commands implements AutoCloseable {
  private final Process process;
  private final DataOutputStream arguments;
  private final DataInputStream results;

  public Commands(Path directory) {
    this(List.of(), directory);
  }

  /**
   * Runs commands that are arguments of the process, one each with its words on lines of their own,
   * so that Java decodes them as it does the program's; {@link #next} returns their results.
   *
   * @param program a launcher
   */
  Commands(List<String> program, Path directory, String... commands) {
    process = TrainerProcess.startCommands(program, directory, commands);
    arguments = new DataOutputStream(new BufferedOutputStream(process.getOutputStream()));
    results = new DataInputStream(process.getInputStream());
  }

  /** Runs a command to its end. */
  public Result run(String... command) {
    try {
      arguments.writeInt(command.length);
      for (String argument : command) {
        write(arguments, argument);
      }
      arguments.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(String.join(" ", command), e);
    }
    return next();
  }

  /** Waits for the end of the next command. */
  Result next() {
    try {
      return new Result(results.readInt(), read(results), read(results));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void write(DataOutputStream to, String text) throws IOException {
    byte[] bytes = text.getBytes(UTF_8);
    to.writeInt(bytes.length);
    to.write(bytes);
  }

  private static String read(DataInputStream from) throws IOException {
    return new String(from.readNBytes(from.readInt()), UTF_8);
  }

  /** Kills the process and waits for its end: it may have files of a disk open. */
  @Override
  public void close() {
    process.destroyForcibly().onExit().join();
  }

  /**
   * Runs in the process: takes commands from its arguments, then from standard input, and writes
   * results to standard output.
   */
  public static void main(String[] first) throws IOException {
    Locale.setDefault(Locale.ROOT);
    SerialFilter.refuseAll();
    DataInputStream commands = new DataInputStream(System.in);
    System.setIn(InputStream.nullInputStream());
    DataOutputStream results =
        new DataOutputStream(new BufferedOutputStream(new FileOutputStream(FileDescriptor.out)));
    for (String command : first) {
      run(command.split("\n"), results);
    }
    while (true) {
      String[] command = new String[commands.readInt()];
      for (int i = 0; i < command.length; i++) {
        command[i] = read(commands);
      }
      run(command, results);
    }
  }

  private static void run(String[] command, DataOutputStream results) throws IOException {
    InProcess result = InProcess.run(command);
    results.writeInt(result.exitCode());
    write(results, result.out());
    write(results, result.err());
    results.flush();
  }
}
