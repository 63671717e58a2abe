package trainer.cli.service;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import trainer.cli.console.Console;
import trainer.file.AtomicFile;
import trainer.file.Sha256;
import trainer.file.ShellWord;

/** {@code download ID|registry:NAME[@VERSION] [FILE]}. */
@Command(
    name = "download",
    description = "Download a file of a run, or of a version of a model.",
    mixinStandardHelpOptions = true)
public final class DownloadCommand implements Callable<Integer> {
  private static final String OF_RUNS =
      "model.zip, ITERATION.zip (a checkpoint), configuration.yml, metrics.csv, samples.json,"
          + " provenance.json, loss.png or loss.svg";
  private static final String OF_VERSIONS = "model.zip or vocabulary.json";
  private static final Pattern RUN_FILE =
      Pattern.compile(
          "model\\.zip|[0-9]{1,10}\\.zip|configuration\\.yml|metrics\\.csv|samples\\.json"
              + "|provenance\\.json|loss\\.png|loss\\.svg");
  private static final int BLOCK = 1 << 16;

  @Mixin private ServiceClient service;

  @Parameters(
      index = "0",
      paramLabel = "ID|registry:NAME[@VERSION]",
      description = "The run or version. Default of VERSION: champion.")
  private String target;

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "FILE",
      defaultValue = "model.zip",
      description =
          "Of a run: " + OF_RUNS + ". Of a version: " + OF_VERSIONS + ". Default: model.zip.")
  private String file;

  @Option(
      names = "--output",
      paramLabel = "PATH",
      description =
          "File to write; -: standard output. Default: <name>-FILE in the working directory.")
  private String output;

  @Override
  public Integer call() throws IOException {
    HttpResponse<InputStream> answer =
        service.open(path(), file.endsWith(".csv") ? "text/csv" : "*/*");
    if ("-".equals(output)) {
      copy(answer, System.out);
      return 0;
    }
    String name = target.replaceFirst("^" + RegisteredModel.PREFIX, "") + "-" + file;
    Path path = Path.of(output == null ? name : output);
    AtomicFile.write(path, out -> copy(answer, out));
    Console.line(ShellWord.shown(path) + ": downloaded");
    return 0;
  }

  /** Checkpoints are in a folder, and records have no extension. */
  private String path() {
    boolean run = !target.startsWith(RegisteredModel.PREFIX);
    if (run ? !RUN_FILE.matcher(file).matches() : !file.matches("model\\.zip|vocabulary\\.json")) {
      throw new ParameterException(
          service.command(), "%s: must be %s".formatted(file, run ? OF_RUNS : OF_VERSIONS));
    }
    return ModelArgument.trainedPath(target, service)
        + "/"
        + (run
            ? file.replaceFirst("^(?=[0-9])", "checkpoints/").replaceFirst("\\.(yml|csv|json)$", "")
            : file);
  }

  private void copy(HttpResponse<InputStream> answer, OutputStream out) throws IOException {
    MessageDigest digest = Sha256.digest();
    try (InputStream in = answer.body()) {
      for (byte[] block = next(in); block.length > 0; block = next(in)) {
        out.write(block);
        digest.update(block);
      }
    }
    String sha256 = HexFormat.of().formatHex(digest.digest());
    String expected = answer.headers().firstValue("X-Model-SHA256").orElse(sha256);
    if (!sha256.equals(expected)) {
      throw ServiceException.failed(
          "%s, %s: the download has SHA-256 %s, not %s: download it again"
              .formatted(target, file, sha256, expected),
          null);
    }
  }

  /** An error of the connection is not one of the file that is written. */
  private byte[] next(InputStream in) {
    try {
      return in.readNBytes(BLOCK);
    } catch (IOException e) {
      throw ServiceException.failed(
          "%s, %s: the connection was lost (%s): download it again".formatted(target, file, e), e);
    }
  }
}
