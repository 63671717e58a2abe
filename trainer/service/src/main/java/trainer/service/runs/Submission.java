package trainer.service.runs;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * What somebody wants to be trained.
 *
 * @param name of the configuration
 * @param configuration YAML, every key resolved, paths absolute
 * @param priority higher goes first
 * @param principal who submits it
 * @param idempotencyKey names the submission, so that it can be repeated without another run; or
 *     null
 * @param initFrom the registered version whose weights it begins with, as {@code NAME@VERSION}, or
 *     null
 * @param device what it must be trained on; follows from the configuration
 */
public record Submission(
    String name,
    String configuration,
    int priority,
    String principal,
    String idempotencyKey,
    String initFrom,
    DeviceKind device) {

  /** The same for the same content. */
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
