package trainer.cli;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Path;
import trainer.machine.Machine;
import trainer.machine.Machine.Answer;

/** The program on a virtual machine, with a small job in a shared folder. */
record TrainerMachine(Machine machine, Path folder, String... job) implements AutoCloseable {
  private static final String LOG = "/mnt/log";
  private static final String EXIT_CODE = "/mnt/exit";

  /** Skips the test unless enabled: starting a machine is slow. */
  static void assumeWanted() {
    assumeTrue(Boolean.getBoolean("machines"), "not tested without -Dmachines=true");
  }

  private String command(String output) {
    return String.join(
            " ",
            "cd %s && %s/bin/java".formatted(folder, System.getProperty("java.home")),
            "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:-UsePerfData -Xmx400m",
            "-Djava.io.tmpdir=/mnt/tmp -cp",
            System.getProperty("java.class.path"),
            Main.class.getName(),
            String.join(" ", job))
        + " --output "
        + output;
  }

  /** Trains to the end. */
  Answer train(String output) throws IOException {
    return machine.run(command(output));
  }

  /** Trains to the end, retrying while the run is locked. */
  void trainOnceAllowed(String output) throws IOException {
    machine.require("timeout 120 sh -c 'until %s; do sleep 1; done'".formatted(command(output)));
  }

  /** Starts training and waits for a checkpoint. */
  void start(String output) throws IOException {
    machine.require(
        "rm -f %s; (%s; echo $? > %s) > %s 2>&1 &"
            .formatted(EXIT_CODE, command(output), EXIT_CODE, LOG));
    await("[ -e %s/latest.zip ]".formatted(output));
  }

  /** Waits until a shell condition is true. */
  void await(String test) throws IOException {
    machine.require(
        "timeout 120 sh -c 'until %s; do sleep 0.1; done' || { cat %s; false; }"
            .formatted(test, LOG));
  }

  /** Waits for a text in its output. */
  void awaitLog(String text) throws IOException {
    await("grep -q \"%s\" %s".formatted(text, LOG));
  }

  /** Waits for the end of training. */
  Answer end() throws IOException {
    await("[ -s %s ]".formatted(EXIT_CODE));
    return machine.run("cat %s; exit $(cat %s)".formatted(LOG, EXIT_CODE));
  }

  /** Sends the trainer a signal, such as {@code KILL}. */
  void signal(String name) throws IOException {
    machine.require("kill -%s $(pidof java)".formatted(name));
  }

  /** Copies a run directory from the machine. */
  Path copy(String output) throws IOException {
    machine.require(
        "rm -rf %s/copy && cp -r %s %s/copy && sync".formatted(Machine.HOST, output, Machine.HOST));
    return folder.resolveSibling("copy");
  }

  @Override
  public void close() {
    machine.close();
  }
}
