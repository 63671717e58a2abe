package trainer.cluster;

import java.io.Serializable;

/**
 * What a worker needs to join a run.
 *
 * @param host the driver's address
 * @param port the driver's port
 * @param secret shared by driver and workers; drawn anew whenever workers are started
 * @param encrypted whether all connections are
 */
public record Invitation(String host, int port, String secret, boolean encrypted)
    implements Serializable {
  /** Without the secret. */
  @Override
  public String toString() {
    return host + ":" + port;
  }
}
