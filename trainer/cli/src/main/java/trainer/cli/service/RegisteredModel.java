package trainer.cli.service;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ParameterException;
import trainer.checkpoint.Checkpoint;
import trainer.checkpoint.SavedNetwork;
import trainer.cli.console.Console;
import trainer.config.Configuration;
import trainer.file.Sha256;

/**
 * A model named {@code registry:NAME[@VERSION]}, by default its champion. The service resolves the
 * alias and sends the file, which is not kept.
 */
public final class RegisteredModel {
  /** Prefix of such a name. */
  public static final String PREFIX = "registry:";

  /** Description of RUN on the command line. */
  public static final String RUN =
      "Run directory, one of its checkpoints, or registry:NAME[@VERSION] of a service; VERSION is a"
          + " number, champion (the default) or challenger.";

  private static final Pattern FORM =
      Pattern.compile(
          PREFIX + "(" + Configuration.NAME_FORM + ")(?:@([1-9][0-9]*|champion|challenger))?");

  private RegisteredModel() {}

  /**
   * Opens a RUN of the command line.
   *
   * @throws trainer.run.RunException if it is missing or damaged
   * @throws ServiceException if the service does not have it
   */
  public static SavedNetwork open(String run, ServiceClient service) {
    if (!run.startsWith(PREFIX)) {
      return SavedNetwork.open(Path.of(run));
    }
    Matcher name = FORM.matcher(run);
    if (!name.matches()) {
      throw new ParameterException(
          service.command(),
          "%s: must be registry:NAME or registry:NAME@VERSION, such as registry:shakespeare@champion"
              .formatted(run));
    }
    return fetch(name.group(1), name.group(2) == null ? "champion" : name.group(2), service);
  }

  private static SavedNetwork fetch(String name, String which, ServiceClient service) {
    HttpResponse<InputStream> answer =
        service.open("/models/%s/versions/%s/model.zip".formatted(name, which));
    String version = answer.headers().firstValue("X-Model-Version").orElse(which);
    String expected = answer.headers().firstValue("X-Model-SHA256").orElse("missing");
    try (InputStream in = answer.body()) {
      Path file = Files.createTempFile("model", ".zip");
      try {
        MessageDigest digest = Sha256.digest();
        try (OutputStream out = new DigestOutputStream(Files.newOutputStream(file), digest)) {
          in.transferTo(out);
        }
        String sha256 = HexFormat.of().formatHex(digest.digest());
        if (!sha256.equals(expected)) {
          throw ServiceException.failed(
              "%s@%s: the download has SHA-256 %s, not %s: retry; if it persists, the file in the service's registry is damaged"
                  .formatted(name, version, sha256, expected),
              null);
        }
        Console.line("%s@%s, SHA-256 %s".formatted(name, version, sha256));
        return SavedNetwork.of(Path.of(name + "@" + version), Checkpoint.read(file));
      } finally {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw ServiceException.failed(
          "%s@%s: cannot be downloaded (%s): check the free space in %s and retry"
              .formatted(name, version, e, System.getProperty("java.io.tmpdir")),
          e);
    }
  }
}
