package trainer.service.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import trainer.service.inference.GenerationPiece;
import trainer.service.inference.GenerationRequest;
import trainer.service.inference.GenerationStart;
import trainer.service.inference.Prediction;

/** A completion as a whole, or in chunks, in the shape of OpenAI's legacy completions API. */
final class CompletionAnswer {
  private static final String TEXT = "text";

  private final String id;
  private final long created;
  private final String model;
  private final GenerationRequest request;
  private final GenerationStart start;
  private final List<Text> texts = new ArrayList<>();

  /** One of the texts, as far as it is there. */
  private static final class Text {
    private final StringBuilder whole = new StringBuilder();
    private final List<Prediction> predicted = new ArrayList<>();
    private boolean begun;
    private int characters; // in code points, with the echo
    private int generated;
    private String finish;
  }

  /**
   * @param created seconds since 1970
   */
  CompletionAnswer(
      String id, long created, String model, GenerationRequest request, GenerationStart start) {
    this.id = id;
    this.created = created;
    this.model = model;
    this.request = request;
    this.start = start;
    for (int i = 0; i < request.prompts().size() * request.texts(); i++) {
      texts.add(new Text());
    }
  }

  /** The next chunk of a stream. */
  ObjectNode chunk(GenerationPiece piece) {
    Text text = texts.get(piece.index());
    int offset = text.characters;
    GenerationPiece echoed = echoed(piece, text);
    count(text, piece, echoed);
    ObjectNode chunk = envelope();
    chunk.putArray("choices").add(choice(echoed, offset));
    return chunk;
  }

  /** The last chunk of a stream that has the usage, without texts. */
  ObjectNode usageChunk() {
    ObjectNode chunk = envelope();
    chunk.putArray("choices");
    chunk.set("usage", usage());
    return chunk;
  }

  /** Takes the next piece of a completion that is sent as a whole. */
  void add(GenerationPiece piece) {
    Text text = texts.get(piece.index());
    GenerationPiece echoed = echoed(piece, text);
    count(text, piece, echoed);
    text.whole.append(echoed.text());
    text.predicted.addAll(echoed.predicted());
    text.finish = piece.finish();
  }

  /** The completion. */
  ObjectNode whole() {
    ObjectNode answer = envelope();
    ArrayNode choices = answer.putArray("choices");
    for (int i = 0; i < texts.size(); i++) {
      Text text = texts.get(i);
      choices.add(
          choice(new GenerationPiece(i, text.whole.toString(), text.predicted, text.finish), 0));
    }
    answer.set("usage", usage());
    return answer;
  }

  private GenerationPiece echoed(GenerationPiece piece, Text text) {
    if (text.begun || !request.echo()) {
      return piece;
    }
    int prompt = piece.index() / request.texts();
    List<Prediction> predicted = new ArrayList<>(start.predicted().get(prompt));
    predicted.addAll(piece.predicted());
    return new GenerationPiece(
        piece.index(), start.prompts().get(prompt) + piece.text(), predicted, piece.finish());
  }

  private static void count(Text text, GenerationPiece piece, GenerationPiece echoed) {
    text.begun = true;
    text.characters += characters(echoed.text());
    text.generated += characters(piece.text());
  }

  private static int characters(String text) {
    return text.codePointCount(0, text.length());
  }

  private ObjectNode envelope() {
    return ApiJson.object()
        .put("id", id)
        .put("object", "text_completion")
        .put("created", created)
        .put("model", model)
        .put("system_fingerprint", start.fingerprint());
  }

  private ObjectNode usage() {
    int generated = texts.stream().mapToInt(text -> text.generated).sum();
    return ApiJson.object()
        .put("prompt_tokens", start.promptCharacters())
        .put("completion_tokens", generated)
        .put("total_tokens", start.promptCharacters() + generated);
  }

  private ObjectNode choice(GenerationPiece piece, int offset) {
    ObjectNode choice = ApiJson.object().put(TEXT, piece.text()).put("index", piece.index());
    if (request.alternatives() < 0) {
      choice.putNull("logprobs");
    } else {
      choice.set("logprobs", logProbabilities(piece.predicted(), offset));
    }
    return choice.put("finish_reason", piece.finish()).put("seed", request.seed() + piece.index());
  }

  private ObjectNode logProbabilities(List<Prediction> predicted, int first) {
    ObjectNode all = ApiJson.object();
    ArrayNode tokens = all.putArray("tokens");
    ArrayNode logProbabilities = all.putArray("token_logprobs");
    ArrayNode alternatives = all.putArray("top_logprobs");
    ArrayNode offsets = all.putArray("text_offset");
    int offset = first;
    for (Prediction each : predicted) {
      tokens.add(each.character());
      logProbabilities.add(number(each.logProbability()));
      if (each.logProbability() == null || request.alternatives() == 0) {
        alternatives.addNull();
      } else {
        ObjectNode top = alternatives.addObject();
        each.alternatives().forEach((character, value) -> top.put(character, number(value)));
      }
      offsets.add(offset++);
    }
    return all;
  }

  /** JSON has no other numbers. */
  private static Double number(Double value) {
    return value == null || !Double.isFinite(value) ? null : value;
  }
}
