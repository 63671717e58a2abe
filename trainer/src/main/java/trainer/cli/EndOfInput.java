package trainer.cli;

import java.io.IOException;
import java.io.InputStream;
import trainer.training.StopSignal;

/** Notices that the program that started this one is gone: then standard input, a pipe, ends. */
final class EndOfInput {
  private volatile boolean noticed;

  /** Asks a job to stop when standard input ends. */
  void stops(StopSignal stop) {
    Thread thread = new Thread(() -> await(System.in, stop), "end-of-input");
    thread.setDaemon(true);
    thread.start();
  }

  /** Whether a job was asked to stop. */
  boolean noticed() {
    return noticed;
  }

  private void await(InputStream in, StopSignal stop) {
    String reason = "end of standard input";
    try {
      while (in.read() >= 0) {
        // Whatever is written there means nothing.
      }
    } catch (IOException e) {
      reason = "standard input cannot be read: " + e.getMessage();
    }
    noticed = true;
    stop.request(reason);
  }
}
