package trainer.service.runs;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * A request to train a run.
 *
 * @param configuration YAML, every key resolved, paths absolute
 * @param priority higher is trained first
 * @param principal the caller
 * @param idempotencyKey makes the request safe to retry; or null
 * @param initFrom registered version with the initial weights, {@code NAME@VERSION}, or null
 * @param device required by the configuration
 * @param gpus how many of them, if it requires any
 */
public record Submission(
    String name,
    String configuration,
    int priority,
    String principal,
    String idempotencyKey,
    String initFrom,
    DeviceKind device,
    int gpus) {

  /** What it waits for besides its turn, or null. */
  String reason() {
    return device != DeviceKind.GPU
        ? null
        : gpus == 1 ? "waits for a GPU" : "waits for %d GPUs".formatted(gpus);
  }

  /** Equal for equal content. */
  String digest() {
    try {
      String start = initFrom == null ? "" : initFrom + "\n";
      byte[] content = (priority + "\n" + start + configuration).getBytes(StandardCharsets.UTF_8);
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }
}
