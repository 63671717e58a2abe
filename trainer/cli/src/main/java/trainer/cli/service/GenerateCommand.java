package trainer.cli.service;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import trainer.cli.console.Console;

/** {@code generate ID|registry:NAME[@VERSION]}. */
@Command(
    name = "generate",
    description = "Generate text in a service, with a run or a version of a model.",
    mixinStandardHelpOptions = true)
public final class GenerateCommand implements Callable<Integer> {
  @Mixin private ServiceClient service;

  @Parameters(
      paramLabel = "ID|registry:NAME[@VERSION]",
      description = "The run or version. Default of VERSION: champion.")
  private String target;

  @Option(
      names = "--prompt",
      paramLabel = "TEXT",
      description =
          "Text to continue, as typed; -: read it from standard input, in UTF-8. Default: a newline.")
  private String prompt;

  @Option(
      names = "--length",
      paramLabel = "N",
      defaultValue = "500",
      description = "Characters to generate, up to 20000. Default: ${DEFAULT-VALUE}.")
  private int length;

  @Mixin private DrawingOptions drawing;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "The same seed generates the same text. Default: random.")
  private Long seed;

  @Option(
      names = "--stop",
      paramLabel = "TEXT",
      description = "End before this text. Repeat it for several.")
  private List<String> stops;

  @Override
  public Integer call() {
    try {
      Map<String, Object> body = new LinkedHashMap<>(); // null: the service's default
      body.put(
          "prime",
          "-".equals(prompt)
              ? new String(System.in.readAllBytes(), StandardCharsets.UTF_8)
              : prompt);
      body.put("length", length);
      body.put("temperature", drawing.temperature());
      body.put("top_k", drawing.topK());
      body.put("top_p", drawing.topP());
      body.put("seed", seed);
      body.put("stop", stops);
      HttpResponse<InputStream> answer =
          service.stream(ModelArgument.trainedPath(target, service) + "/generate", body);
      Console.line(
          "%s, seed %s".formatted(target, answer.headers().firstValue("X-Seed").orElse("")));
      print(answer.body());
    } catch (IOException e) {
      throw ServiceException.failed(
          "%s: the connection was lost (%s): generate it again".formatted(target, e), e);
    }
    return 0;
  }

  /** Prints without buffering, until standard output is closed. */
  private static void print(InputStream text) throws IOException {
    boolean terminal = Console.isOutputTerminal();
    char[] block = new char[1024];
    try (Reader in = new InputStreamReader(text, StandardCharsets.UTF_8)) {
      for (int count = in.read(block);
          count >= 0 && !System.out.checkError();
          count = in.read(block)) {
        String read = new String(block, 0, count);
        System.out.print(terminal ? Console.printable(read) : read);
      }
    }
    System.out.println();
  }
}
