package trainer.cli.inference;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import trainer.cli.InProcess;
import trainer.cli.SmallJob;
import trainer.service.inference.ExplanationRequest;
import trainer.service.inference.Frame;
import trainer.service.inference.Frame.Kind;
import trainer.service.inference.GenerationPiece;
import trainer.service.inference.GenerationRequest;
import trainer.service.inference.GenerationStart;
import trainer.service.inference.Prediction;
import trainer.training.StopSignal;

/** The process that keeps models loaded, in this JVM. */
@Timeout(300)
final class InferenceServerTest {
  private static final int MODELS = 50;

  @TempDir private static Path folder;
  private static Path run;

  @BeforeAll
  static void train() {
    SmallJob.write(folder, 4_000);
    run = folder.resolve("run");
    InProcess trained =
        InProcess.run(
            folder.resolve(SmallJob.FILE).toString(),
            "--output=" + run,
            "--set=training.max_iterations=" + MODELS,
            "--set=checkpoints={every_iterations: 1, keep_last: 50}",
            "--set=evaluation.every_iterations=25",
            "--set=samples={every_iterations: 25, length: 5}");
    assertThat(trained.exitCode()).as(trained.err()).isZero();
  }

  /** A server with pipes for standard input and output. */
  private static final class Client implements AutoCloseable {
    private final PipedInputStream answers = new PipedInputStream(1 << 20);
    private final DataInputStream in = new DataInputStream(answers);
    private final DataOutputStream out;
    private final Thread server;

    Client(LoadedModels models) throws IOException {
      PipedInputStream requests = new PipedInputStream(1 << 20);
      out = new DataOutputStream(new PipedOutputStream(requests));
      InferenceServer served =
          new InferenceServer(models, requests, new PipedOutputStream(answers), () -> {});
      server =
          new Thread(
              () -> {
                try {
                  served.serve();
                } catch (IOException e) {
                  throw new AssertionError(e);
                }
              });
      server.start();
    }

    /** The answers to one request. */
    List<Frame> call(Kind kind, Record request) throws IOException {
      Frame.of(1, kind, request).write(out);
      List<Frame> frames = new ArrayList<>();
      do {
        frames.add(Frame.read(in));
      } while (!frames.get(frames.size() - 1).kind().isLast());
      return frames;
    }

    @Override
    public void close() throws IOException {
      out.close();
      try {
        server.join();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
  }

  private static Client client() throws IOException {
    return new Client(new LoadedModels(Long.MAX_VALUE / 4));
  }

  private static GenerationRequest request(String prompt, List<String> stop, int alternatives) {
    return new GenerationRequest(
        run.toString(), List.of(prompt), 200, 0.7, 12, 0.9, 5, stop, 2, alternatives, true);
  }

  private static String text(List<Frame> frames, int index) {
    StringBuilder text = new StringBuilder();
    pieces(frames, index).forEach(piece -> text.append(piece.text()));
    return text.toString();
  }

  private static List<GenerationPiece> pieces(List<Frame> frames, int index) {
    return frames.stream()
        .filter(frame -> frame.kind() == Kind.PIECE)
        .map(frame -> frame.as(GenerationPiece.class))
        .filter(piece -> piece.index() == index)
        .toList();
  }

  private static String sample(String prompt, int seed) {
    InProcess sampled =
        InProcess.run(
            "sample",
            run.toString(),
            "--prompt=" + prompt,
            "--length=200",
            "--temperature=0.7",
            "--top-k=12",
            "--top-p=0.9",
            "--seed=" + seed);
    assertThat(sampled.exitCode()).as(sampled.err()).isZero();
    return sampled.out().substring(0, sampled.out().length() - 1);
  }

  @Test
  void theTextIsThatOfSampleForEachSeed() throws IOException {
    try (Client client = client()) {
      List<Frame> frames = client.call(Kind.GENERATE, request("the sea\r\n", List.of(), -1));
      GenerationStart start = frames.get(0).as(GenerationStart.class);
      assertThat(start.prompts()).as("newlines of the corpus").containsExactly("the sea\n");
      assertThat(start.promptCharacters()).isEqualTo(8);
      for (int index = 0; index < 2; index++) {
        assertThat("the sea\n" + text(frames, index)).isEqualTo(sample("the sea\n", 5 + index));
      }
    }
  }

  @Test
  void severalPromptsHaveTheirTextsInOrder() throws IOException {
    try (Client client = client()) {
      List<String> prompts = List.of("the sea", "a ", "the sea");
      GenerationRequest request =
          new GenerationRequest(
              run.toString(), prompts, 200, 0.7, 12, 0.9, 5, List.of(), 2, 0, true);
      List<Frame> frames = client.call(Kind.GENERATE, request);
      GenerationStart start = frames.get(0).as(GenerationStart.class);
      assertThat(start.prompts()).isEqualTo(prompts);
      assertThat(start.promptCharacters()).isEqualTo(16);
      assertThat(start.predicted()).extracting(List::size).containsExactly(7, 2, 7);
      for (int index = 0; index < 6; index++) {
        String prompt = prompts.get(index / 2);
        assertThat(prompt + text(frames, index)).isEqualTo(sample(prompt, 5 + index));
      }
    }
  }

  /** The first character of each comes before the second of any. */
  @Test
  void textsOfOneRequestAreWrittenAtOnce() throws IOException {
    try (Client client = client()) {
      List<String> prompts = List.of("the sea", "the sea", "the sea");
      GenerationRequest request =
          new GenerationRequest(
              run.toString(), prompts, 200, 0.7, 12, 0.9, 5, List.of(), 2, -1, false);
      List<Frame> frames = client.call(Kind.GENERATE, request);
      assertThat(frames.subList(1, 7))
          .extracting(frame -> frame.as(GenerationPiece.class))
          .allMatch(piece -> piece.text().length() == 1)
          .extracting(GenerationPiece::index)
          .containsExactly(0, 1, 2, 3, 4, 5);
    }
  }

  /** Of 20 texts, more than a batch has lanes, most end early. */
  @Test
  void eachTextEndsAtItsOwnStopString() throws IOException {
    List<String> prompts = Collections.nCopies(10, "the sea");
    GenerationRequest request =
        new GenerationRequest(
            run.toString(), prompts, 200, 0.7, 12, 0.9, 5, List.of("e"), 2, 0, false);
    try (Client client = client()) {
      List<Frame> frames = client.call(Kind.GENERATE, request);
      for (int index = 0; index < 20; index += 7) {
        String whole = sample("the sea", 5 + index).substring("the sea".length());
        int end = whole.indexOf('e');
        assertThat(text(frames, index)).isEqualTo(end < 0 ? whole : whole.substring(0, end));
      }
      for (int index = 0; index < 20; index++) {
        List<GenerationPiece> pieces = pieces(frames, index);
        assertThat(pieces.get(pieces.size() - 1).finish()).isNotNull();
        assertThat(pieces.stream().mapToInt(piece -> piece.predicted().size()).sum())
            .isEqualTo(text(frames, index).length());
      }
    }
  }

  @Test
  void aStopStringEndsTheTextBeforeIt() throws IOException {
    String whole = sample("the ", 5).substring("the ".length());
    String stop = whole.substring(90, 96);
    try (Client client = client()) {
      List<Frame> frames = client.call(Kind.GENERATE, request("the ", List.of("xyz", stop), 2));
      String stopped = text(frames, 0);
      assertThat(stopped).isEqualTo(whole.substring(0, whole.indexOf(stop)));
      List<GenerationPiece> pieces = pieces(frames, 0);
      assertThat(pieces.get(pieces.size() - 1).finish()).isEqualTo(GenerationPiece.STOP);
      assertThat(pieces.stream().mapToInt(piece -> piece.predicted().size()).sum())
          .isEqualTo(stopped.length());
    }
  }

  /** Of prompt and text together, read by {@code explain}. */
  @Test
  void logProbabilitiesAreTheSurpriseOfTheText() throws IOException {
    try (Client client = client()) {
      List<Frame> frames = client.call(Kind.GENERATE, request("the sea", List.of(), 5));
      List<Prediction> predicted = new ArrayList<>();
      predicted.addAll(frames.get(0).as(GenerationStart.class).predicted().get(0));
      pieces(frames, 0).forEach(piece -> predicted.addAll(piece.predicted()));

      String text = "the sea" + text(frames, 0);
      Frame last =
          client
              .call(
                  Kind.EXPLAIN,
                  new ExplanationRequest(
                      run.toString(), "small-1", text, 3, true, true, false, null, false))
              .get(0);
      assertThat(last.kind()).as(last.text()).isEqualTo(Kind.END);
      JsonNode found = new ObjectMapper().readTree(last.content());
      assertThat(found.path("checkpoint").asText()).isEqualTo("small-1");
      assertThat(found.path("characters")).hasSize(predicted.size());
      assertThat(predicted.get(0).logProbability()).isNull();
      for (int i = 1; i < predicted.size(); i++) {
        JsonNode character = found.path("characters").get(i);
        Prediction prediction = predicted.get(i);
        assertThat(prediction.character()).isEqualTo(character.path("character").asText());
        // float32 of logarithms up to 10, over a few operations
        assertThat(prediction.logProbability() + character.path("nats").asDouble())
            .isBetween(-1e-5, 1e-5);
        assertThat(prediction.alternatives().keySet())
            .hasSize(5)
            .startsWith(character.at("/alternatives/0/character").asText());
      }
      assertThat(found.path("units")).hasSize(3);
      assertThat(found.at("/gates/0/units").size()).isLessThanOrEqualTo(3);
      assertThat(found.at("/lag/layers")).hasSize(2);
    }
  }

  @Test
  void copiesAreFoundInTheEncodedCorpusAlone() throws IOException {
    String copied = Files.readString(folder.resolve("corpus.txt")).substring(1_000, 1_040);
    Path corpus = run.resolve("corpus.bin");
    try (Client client = client()) {
      JsonNode found = explained(client, copied, corpus).path("copies");
      assertThat(found.path("longest").asInt()).isEqualTo(40);
      assertThat(found.at("/spans/0/to").asInt()).isEqualTo(40);

      JsonNode without = explained(client, copied, run.resolve("no.bin"));
      assertThat(without.has("copies")).isFalse();
      assertThat(without.path("characters")).hasSize(40);

      byte[] bytes = Files.readAllBytes(corpus);
      bytes[bytes.length - 1] ^= 1;
      Path damaged = Files.write(folder.resolve("damaged.bin"), bytes);
      assertThat(explained(client, copied, damaged).has("copies")).isFalse();
      Files.writeString(damaged, "text");
      assertThat(explained(client, copied, damaged).has("copies")).isFalse();
    }
  }

  private static JsonNode explained(Client client, String text, Path corpus) throws IOException {
    ExplanationRequest request =
        new ExplanationRequest(
            run.toString(), "x", text, 0, false, false, false, corpus.toString(), false);
    Frame last = client.call(Kind.EXPLAIN, request).get(0);
    assertThat(last.kind()).as(last.text()).isEqualTo(Kind.END);
    return new ObjectMapper().readTree(last.content());
  }

  @Test
  void whatIsWrongIsSaid() throws IOException {
    try (Client client = client()) {
      Frame unknown = client.call(Kind.GENERATE, request("日", List.of(), -1)).get(0);
      assertThat(unknown.kind()).isEqualTo(Kind.WRONG);
      assertThat(unknown.text()).contains("'日'").endsWith("leave it out");
      ExplanationRequest explanation =
          new ExplanationRequest(run.toString(), "x", "日日", 0, false, false, false, null, false);
      Frame refused = client.call(Kind.EXPLAIN, explanation).get(0);
      assertThat(refused.kind()).isEqualTo(Kind.WRONG);
      assertThat(refused.text()).endsWith("or set \"unknown\" to \"replace\"");
      ExplanationRequest missing =
          new ExplanationRequest(
              folder.resolve("none").toString(), "x", "the", 0, false, false, false, null, false);
      assertThat(client.call(Kind.EXPLAIN, missing).get(0).kind()).isEqualTo(Kind.FAILED);
    }
  }

  @Test
  void memoryIsBoundedUnderAThousandRequestsForFiftyModels() throws IOException {
    long one;
    Path first = run.resolve("checkpoints/1.zip");
    try (LoadedModels measured = new LoadedModels(Long.MAX_VALUE / 4);
        LoadedModels.Held held = measured.take(first)) {
      one = held.model().bytes();
      assertThat(measured.count()).isEqualTo(1);
    }
    LoadedModels models = new LoadedModels(5 * one + one / 2);
    AtomicInteger answered = new AtomicInteger();
    IntStream.range(0, 4)
        .parallel()
        .forEach(
            thread -> {
              Random random = new Random(thread);
              for (int i = 0; i < 250; i++) {
                Path file = run.resolve("checkpoints/%d.zip".formatted(1 + random.nextInt(MODELS)));
                GenerationRequest request =
                    new GenerationRequest(
                        file.toString(), List.of(""), 3, 1, 0, 1, i, List.of(), 1, -1, false);
                Generation.run(
                    request,
                    models,
                    new StopSignal(),
                    start -> assertThat(models.bytes()).isLessThanOrEqualTo(5 * one + one / 2),
                    piece -> answered.incrementAndGet());
              }
            });
    assertThat(answered.get()).isGreaterThanOrEqualTo(1000);
    assertThat(models.count()).isEqualTo(5);
    models.close();
    assertThat(models.bytes()).isZero();
    assertThat(models.count()).isZero();
  }
}
