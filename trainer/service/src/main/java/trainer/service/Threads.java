package trainer.service;

import java.util.concurrent.ThreadFactory;

/** What is done with threads in several places. */
public final class Threads {
  private Threads() {}

  /** Makes threads that the process does not wait for. */
  public static ThreadFactory daemons(String name) {
    return task -> {
      Thread thread = new Thread(task, name);
      thread.setDaemon(true);
      return thread;
    };
  }

  /** Waits for the end of threads, also if the waiting one is interrupted. */
  public static void join(Iterable<Thread> threads) {
    boolean interrupted = false;
    for (Thread thread : threads) {
      while (thread.isAlive()) {
        try {
          thread.join();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
