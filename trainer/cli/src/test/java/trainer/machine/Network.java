package trainer.machine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.opentest4j.TestAbortedException;

/** What connects machines with each other, and with nothing else. */
public final class Network implements AutoCloseable {
  private static final Path SWITCH = Path.of("/usr/bin/uml_switch");

  private final Path socket;
  private final Process process;

  private Network(Path socket, Process process) {
    this.socket = socket;
    this.process = process;
  }

  /**
   * Makes a network.
   *
   * @param folder where its socket goes
   * @throws TestAbortedException where machines cannot be had
   */
  public static Network open(Path folder) throws IOException {
    if (!Files.isExecutable(Machine.LINUX) || !Files.isExecutable(SWITCH)) {
      throw new TestAbortedException(
          "not tested without %s and %s: apt-get install user-mode-linux uml-utilities kmod"
              .formatted(Machine.LINUX, SWITCH));
    }
    Path socket = folder.resolve("network");
    Path log = folder.resolve("network.log");
    Process process =
        new ProcessBuilder(SWITCH.toString(), "-unix", socket.toString())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    while (!Files.exists(socket)) {
      if (!process.isAlive()) {
        throw new IOException(Files.readString(log));
      }
      Thread.onSpinWait();
    }
    return new Network(socket, process);
  }

  /** Where machines find it. */
  Path socket() {
    return socket;
  }

  @Override
  public void close() {
    process.destroy();
  }
}
