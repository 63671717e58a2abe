package trainer.benchmark;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.StringJoiner;

/** One side of a comparison: trains in its own process, on request. */
interface Side {
  /** Prefix of response lines; libraries may print others. */
  String ANSWER = "answer:";

  /**
   * A complete training step: forward, loss, backward, clipping, update.
   *
   * @param segment index of the segment
   * @return mean cross-entropy, nats per character
   */
  double step(int segment);

  /**
   * Trains duplicate parameters only once, as the other side does, so that losses are comparable.
   * May cost time.
   */
  default void alignParameters(boolean aligned) {}

  /**
   * Serves requests from standard input until it ends: {@code losses N} returns the losses of the
   * next N steps, {@code time N} their durations in milliseconds, {@code memory} the peak resident
   * memory of the process in MiB, NaN if unknown.
   */
  default void serve() throws IOException {
    BufferedReader requests =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    int done = 0;
    for (String line; (line = requests.readLine()) != null; ) {
      String[] request = line.split(" ", 2);
      int steps = request.length == 1 ? 0 : Integer.parseInt(request[1]);
      StringJoiner answer = new StringJoiner(" ", ANSWER, "");
      boolean losses = request[0].equals("losses");
      alignParameters(losses);
      for (int i = 0; i < steps; i++, done++) {
        long start = System.nanoTime();
        double loss = step(done % Workload.SEGMENTS);
        double milliseconds = (System.nanoTime() - start) / 1e6;
        answer.add(Double.toString(losses ? loss : milliseconds));
      }
      if (request[0].equals("memory")) {
        answer.add(Double.toString(peakMemory()));
      }
      System.out.println(answer);
    }
  }

  private static double peakMemory() throws IOException {
    Path status = Path.of("/proc/self/status");
    if (Files.exists(status)) {
      for (String line : Files.readAllLines(status)) {
        if (line.startsWith("VmHWM:")) {
          return Double.parseDouble(line.replaceAll("[^0-9]", "")) / 1024;
        }
      }
    }
    return Double.NaN;
  }
}
