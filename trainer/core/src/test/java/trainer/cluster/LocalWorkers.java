package trainer.cluster;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Workers that are threads of this program, and talk over the loopback interface. Jobs find them
 * while {@link #AVAILABLE} is a system property.
 */
public final class LocalWorkers implements WorkerLauncher {
  public static final String AVAILABLE = "trainer.test.workers";

  private final boolean encrypted;

  /** Workers without encryption. */
  public LocalWorkers() {
    this(false);
  }

  /** Workers whose cluster demands encryption, or not. */
  LocalWorkers(boolean encrypted) {
    this.encrypted = encrypted;
  }

  /** Ends a worker, as a lost machine would. */
  public static void kill(int number) {
    Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals("worker-" + number))
        .forEach(Thread::interrupt);
  }

  @Override
  public Optional<String> obstacle() {
    return System.getProperty(AVAILABLE) == null
        ? Optional.of("only tests have it")
        : Optional.empty();
  }

  @Override
  public String prepare(int workers, int threads) {
    return "127.0.0.1";
  }

  @Override
  public boolean demandsEncryption() {
    return encrypted;
  }

  @Override
  public Launched launch(int workers, int threads, Invitation invitation) {
    List<Thread> started = new ArrayList<>();
    for (int number = 0; number < workers; number++) {
      int own = number;
      Thread thread =
          new Thread(
              () -> {
                try {
                  Rank.run(invitation, own, 1 + own % 2);
                } catch (InterruptedException e) {
                  // killed
                } catch (IOException e) {
                  throw new IllegalStateException(e);
                }
              },
              "worker-" + number);
      thread.setDaemon(true);
      thread.start();
      started.add(thread);
    }
    return new Launched() {
      @Override
      public Optional<String> failure() {
        return Optional.empty();
      }

      @Override
      public void close() {
        for (Thread thread : started) {
          try {
            thread.join();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        }
      }
    };
  }
}
