package trainer.cli;

import java.io.IOException;
import java.io.InputStream;
import trainer.training.StopSignal;

/** Notices that the program that started this one is gone: then standard input, a pipe, ends. */
final class EndOfInput {
  private EndOfInput() {}

  /** Asks a job to stop when standard input ends. */
  static void stops(StopSignal stop) {
    Thread thread = new Thread(() -> await(System.in, stop), "end-of-input");
    thread.setDaemon(true);
    thread.start();
  }

  private static void await(InputStream in, StopSignal stop) {
    try {
      while (in.read() >= 0) {
        // Whatever is written there means nothing.
      }
      stop.request("end of standard input");
    } catch (IOException e) {
      stop.request("standard input cannot be read: " + e.getMessage());
    }
  }
}
