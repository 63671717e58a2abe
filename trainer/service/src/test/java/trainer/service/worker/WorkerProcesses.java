package trainer.service.worker;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Processes of {@link StandInWorker} on one queue, to be killed, paused and replaced. */
final class WorkerProcesses implements AutoCloseable {
  private final String url;
  private final Path runs;
  private final int slots;
  private final List<Process> processes = new ArrayList<>();
  private int started;

  WorkerProcesses(String url, Path runs, int slots) {
    this.url = url;
    this.runs = runs;
    this.slots = slots;
  }

  /** Starts one more; it is known by its place in the list. */
  void start() {
    processes.add(process());
  }

  private Process process() {
    List<String> command = new ArrayList<>(StandInWorker.javaWithArchive(StandInWorker.class));
    started++;
    command.addAll(List.of(url, runs.toString(), "worker " + started, Integer.toString(slots)));
    Path log = runs.resolveSibling("worker-" + started + ".log");
    try {
      return new ProcessBuilder(command)
          .redirectErrorStream(true)
          .redirectOutput(log.toFile())
          .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  int size() {
    return processes.size();
  }

  /** Kills one as a power failure does, and starts another in its place. */
  void replace(int place) {
    kill(place);
    processes.set(place, process());
  }

  void kill(int place) {
    try {
      processes.get(place).destroyForcibly().waitFor();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** Pauses one and what it has started, as a machine that is suspended. */
  List<ProcessHandle> pause(int place) {
    List<ProcessHandle> family = new ArrayList<>();
    ProcessHandle worker = processes.get(place).toHandle();
    family.add(worker);
    signal("STOP", family);
    worker.descendants().forEach(family::add);
    signal("STOP", family);
    return family;
  }

  static void goOn(List<ProcessHandle> family) {
    signal("CONT", family);
  }

  private static void signal(String name, List<ProcessHandle> handles) {
    for (ProcessHandle handle : handles) {
      try {
        new ProcessBuilder("kill", "-" + name, Long.toString(handle.pid())).start().waitFor();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
  }

  /** Lets all of them end. */
  @Override
  public void close() {
    try {
      for (Process process : processes) {
        process.getOutputStream().close();
      }
      for (Process process : processes) {
        if (!process.waitFor(20, TimeUnit.SECONDS)) {
          process.destroyForcibly();
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
