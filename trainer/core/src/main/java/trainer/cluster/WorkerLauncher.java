package trainer.cluster;

import java.util.Optional;

/**
 * Starts workers on the machines of a cluster. Found by {@link java.util.ServiceLoader}.
 *
 * <p>Each worker calls {@link Rank#run} with its number.
 */
public interface WorkerLauncher {

  /** Why it cannot start workers; empty if it can. */
  Optional<String> obstacle();

  /**
   * This machine's address, as workers reach it.
   *
   * @param workers as many as {@link #launch} will be asked for
   * @param threads of each worker; 0: all cores that it gets
   */
  String prepare(int workers, int threads);

  /** Whether the cluster encrypts what its machines send, so that workers must. */
  default boolean demandsEncryption() {
    return false;
  }

  /** Starts workers, and does not wait until they run. */
  Launched launch(int workers, int threads, Invitation invitation);

  /** Workers that were started. */
  interface Launched extends AutoCloseable {
    /** Why they could not start or have ended; empty as long as they may be running. */
    Optional<String> failure();

    /** Ends them, and returns when they have ended or a few seconds have passed. */
    @Override
    void close();
  }
}
