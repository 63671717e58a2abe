package trainer.service.worker;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import trainer.file.Sha256;
import trainer.file.Watch;
import trainer.service.inference.ExplanationRequest;
import trainer.service.inference.Frame;
import trainer.service.inference.Frame.Kind;
import trainer.service.inference.GenerationPiece;
import trainer.service.inference.GenerationRequest;
import trainer.service.inference.GenerationStart;
import trainer.service.inference.Prediction;
import trainer.service.registry.Checkpoints;

/** What stands in for a model. */
final class StandInModel {
  private StandInModel() {}

  /** Answers as the inference process does, until standard input ends. */
  static void serve() throws IOException {
    checkNoGpuIsShown();
    DataInputStream in = new DataInputStream(System.in);
    DataOutputStream out = new DataOutputStream(new BufferedOutputStream(System.out));
    Set<Integer> stopped = ConcurrentHashMap.newKeySet();
    for (Frame frame = Frame.read(in); frame != null; frame = Frame.read(in)) {
      Frame request = frame;
      switch (request.kind()) {
        case STOP -> stopped.add(request.call());
        case GENERATE -> new Thread(() -> generate(request, out, stopped)).start();
        default -> send(explanation(request), out);
      }
    }
    Runtime.getRuntime().halt(0);
  }

  private static void send(Frame frame, DataOutputStream out) {
    synchronized (out) {
      try {
        frame.write(out);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** As {@code explain --json}: of a unit that is high at capital letters. */
  private static Frame explanation(Frame frame) {
    ExplanationRequest request = frame.as(ExplanationRequest.class);
    if (request.text().contains("\u00df")) {
      return Frame.of(frame.call(), Kind.WRONG, "the model does not know '\u00df'");
    }
    ObjectNode found = JsonNodeFactory.instance.objectNode().put("checkpoint", request.name());
    ArrayNode characters = found.putArray("characters");
    ObjectNode unit =
        found
            .putArray("units")
            .addObject()
            .put("layer", 0)
            .put("unit", 3)
            .put("state", "cell")
            .put("follows", "upper_case")
            .put("correlation", 0.9);
    ArrayNode values = unit.putArray("values");
    ArrayNode open =
        found
            .putArray("gates")
            .addObject()
            .put("layer", 0)
            .put("gate", "forget")
            .putArray("units")
            .addObject()
            .put("unit", 3)
            .put("open", 0.25)
            .put("shut", 0.5)
            .putArray("values");
    request
        .text()
        .codePoints()
        .forEach(
            character -> {
              characters
                  .addObject()
                  .put("character", Character.toString(character))
                  .put("nats", 0.5);
              values.add(Character.isUpperCase(character) ? 0.8 : -0.1);
              open.add(0.3);
            });
    ObjectNode layer = found.putObject("lag").put("places", 1).putArray("layers").addObject();
    ArrayNode hidden = layer.putArray("hidden");
    ArrayNode cell = layer.putArray("cell");
    for (int lag = 1; lag <= 20; lag++) {
      hidden.add(Math.exp(-lag));
      cell.add(Math.exp(-0.2 * lag));
    }
    if (request.corpus() != null && Files.exists(Path.of(request.corpus()))) {
      ObjectNode copies = found.putObject("copies").put("share", 0.5).put("longest", 20);
      copies.putArray("spans").addObject().put("from", 5).put("to", 25).put("corpus_position", 0);
    }
    return Frame.of(frame.call(), Kind.END, found.toString());
  }

  /** The prompt, then letters, a few at a time. */
  private static void generate(Frame frame, DataOutputStream out, Set<Integer> stopped) {
    int call = frame.call();
    GenerationRequest request = frame.as(GenerationRequest.class);
    Path file = Path.of(request.model()).resolve("best.zip");
    String prompt = String.join("", request.prompts());
    if (Files.exists(file) && !isWhole(file)) {
      send(Frame.of(call, Kind.FAILED, file + ": is damaged; restore it from a copy"), out);
      return;
    }
    if (prompt.contains("\u00df")) {
      send(Frame.of(call, Kind.WRONG, "the model does not know '\u00df'; leave it out"), out);
      return;
    }
    if (prompt.contains("die now")) {
      Runtime.getRuntime().halt(134);
    }
    boolean echoes = request.echo() && request.alternatives() >= 0;
    List<List<Prediction>> echoed =
        request.prompts().stream()
            .map(each -> echoes ? predicted(each, true) : List.<Prediction>of())
            .toList();
    send(Frame.of(call, Kind.BEGUN, new GenerationStart(request.prompts(), "f1", echoed)), out);
    for (int index = 0; index < request.prompts().size() * request.texts(); index++) {
      StringBuilder all = new StringBuilder();
      for (int i = 0; i < request.length(); i++) {
        all.append((char) ('a' + i % 26));
      }
      String finish = GenerationPiece.LENGTH;
      for (String stop : request.stop()) {
        if (all.indexOf(stop) >= 0) {
          all.setLength(all.indexOf(stop));
          finish = GenerationPiece.STOP;
        }
      }
      for (int from = 0; from < all.length() && !stopped.contains(call); from += 100) {
        String part = all.substring(from, Math.min(from + 100, all.length()));
        send(Frame.of(call, Kind.PIECE, piece(request, index, part, null)), out);
        sleep();
      }
      send(Frame.of(call, Kind.PIECE, piece(request, index, "", finish)), out);
    }
    send(Frame.of(call, Kind.END, ""), out);
  }

  private static GenerationPiece piece(
      GenerationRequest request, int index, String text, String finish) {
    return new GenerationPiece(
        index, text, request.alternatives() < 0 ? List.of() : predicted(text, false), finish);
  }

  private static List<Prediction> predicted(String text, boolean first) {
    List<Prediction> all = new ArrayList<>();
    text.codePoints()
        .mapToObj(Character::toString)
        .forEach(
            character ->
                all.add(
                    first && all.isEmpty()
                        ? new Prediction(character, null, Map.of())
                        : new Prediction(character, -0.5, Map.of(character, -0.5))));
    return all;
  }

  private static void sleep() {
    try {
      Thread.sleep(20);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static boolean isWhole(Path file) {
    try {
      return Checkpoints.read(file).startsWith("step ");
    } catch (IOException e) {
      return false;
    }
  }

  /** Prints figures as {@code evaluate} does: more steps make a better model. */
  static void measure(List<String> arguments) throws IOException {
    checkNoGpuIsShown();
    String corpus = option(arguments, "--corpus", "");
    if (corpus.endsWith("unreadable.txt")) {
      System.err.println("error: unreadable.txt: cannot be read");
      Runtime.getRuntime().halt(2);
    }
    String model = Checkpoints.read(Path.of(arguments.get(1)).resolve("best.zip"));
    double loss = 3.0 / Integer.parseInt(model.replace("step ", ""));
    if (corpus.endsWith("worse.txt")) {
      loss += 3;
    }
    System.out.printf(
        Locale.ROOT,
        "{\"sha256\":\"%s\",\"characters\":1000,\"unknown_characters\":0,"
            + "\"nats_per_character\":%s,\"unigram_nats_per_character\":3.5}%n",
        corpus.isEmpty() ? "of a split" : Sha256.hex(Path.of(corpus), Watch.none()),
        loss);
  }

  /** Those are for training. */
  private static void checkNoGpuIsShown() {
    String shown = System.getenv("CUDA_VISIBLE_DEVICES");
    if (!"".equals(shown)) {
      System.err.println("error: CUDA_VISIBLE_DEVICES is " + shown);
      Runtime.getRuntime().halt(2);
    }
  }

  private static String option(List<String> arguments, String name, String otherwise) {
    return arguments.stream()
        .filter(word -> word.startsWith(name + "="))
        .map(word -> word.substring(name.length() + 1))
        .findFirst()
        .orElse(otherwise);
  }
}
