package trainer.service.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.langchain4j.exception.ModelNotFoundException;
import dev.langchain4j.model.StreamingResponseHandler;
import dev.langchain4j.model.openai.OpenAiLanguageModel;
import dev.langchain4j.model.openai.OpenAiStreamingLanguageModel;
import dev.langchain4j.model.output.FinishReason;
import dev.langchain4j.model.output.Response;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Completions and explanations over HTTP, and the process that computes them. */
@Tag("slow")
final class CompletionsTest {
  private static final String COMPLETIONS = "/v1/completions";

  @TempDir private static Path folder;
  private static TestService service;
  private static String id;

  @BeforeAll
  static void start() {
    service = TestService.open(folder);
    id = service.submitted(2);
    service.awaitState(id, "succeeded");
    service.post("/api/v1/models/small/versions", "{\"run\": \"%s\"}".formatted(id));
    service.post("/api/v1/models/small/promote", "{\"version\": 1, \"reason\": \"first\"}");
  }

  @AfterAll
  static void stop() {
    service.close();
  }

  private static HttpResponse<String> complete(String keys) {
    return service.post(COMPLETIONS, "{\"model\": \"%s\", %s}".formatted(id, keys));
  }

  @Test
  void aCompletionHasTheShapeThatClientsExpect() {
    HttpResponse<String> answer =
        complete("\"prompt\": \"Zo\", \"max_tokens\": 3, \"n\": 2, \"seed\": 7, \"logprobs\": 1");
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    JsonNode whole = TestService.json(answer);
    assertThat(whole.path("object").asText()).isEqualTo("text_completion");
    assertThat(whole.path("id").asText()).startsWith("cmpl-");
    assertThat(whole.path("model").asText()).isEqualTo(id);
    assertThat(whole.path("created").isIntegralNumber()).isTrue();
    assertThat(whole.path("choices")).hasSize(2);
    JsonNode second = whole.at("/choices/1");
    assertThat(second.path("text").asText()).isEqualTo("abc");
    assertThat(second.path("index").asInt()).isEqualTo(1);
    assertThat(second.path("seed").asInt()).isEqualTo(8);
    assertThat(second.path("finish_reason").asText()).isEqualTo("length");
    assertThat(second.path("logprobs").toString())
        .isEqualTo(
            "{\"tokens\":[\"a\",\"b\",\"c\"],\"token_logprobs\":[-0.5,-0.5,-0.5],"
                + "\"top_logprobs\":[{\"a\":-0.5},{\"b\":-0.5},{\"c\":-0.5}],"
                + "\"text_offset\":[0,1,2]}");
    assertThat(whole.path("usage").toString())
        .isEqualTo("{\"prompt_tokens\":2,\"completion_tokens\":6,\"total_tokens\":8}");
  }

  @Test
  void theEchoHasThePromptAndItsProbabilities() {
    JsonNode echoed =
        TestService.json(
            complete("\"prompt\": [\"Zo\"], \"max_tokens\": 0, \"echo\": true, \"logprobs\": 0"));
    assertThat(echoed.at("/choices/0/text").asText()).isEqualTo("Zo");
    assertThat(echoed.at("/choices/0/logprobs").toString())
        .isEqualTo(
            "{\"tokens\":[\"Z\",\"o\"],\"token_logprobs\":[null,-0.5],"
                + "\"top_logprobs\":[null,null],\"text_offset\":[0,1]}");
  }

  /** As there: choice i · n + j is the j-th of prompt i. */
  @Test
  void aListOfPromptsHasTheChoicesInOrder() {
    String keys = "\"prompt\": [\"Zo\", \"Anna\"], \"max_tokens\": 3, \"n\": 2, \"echo\": true";
    JsonNode whole = TestService.json(complete(keys + ", \"seed\": 7"));
    assertThat(whole.path("choices").findValuesAsText("text"))
        .containsExactly("Zoabc", "Zoabc", "Annaabc", "Annaabc");
    assertThat(whole.path("choices").findValuesAsText("index")).containsExactly("0", "1", "2", "3");
    assertThat(whole.path("choices").findValuesAsText("seed")).containsExactly("7", "8", "9", "10");
    assertThat(whole.path("usage").toString())
        .isEqualTo("{\"prompt_tokens\":6,\"completion_tokens\":12,\"total_tokens\":18}");
    String most = "\"a\",".repeat(100);
    assertThat(complete("\"max_tokens\": 0, \"prompt\": [%s\"a\"]".formatted(most)).statusCode())
        .isEqualTo(400);
    String half = "a".repeat(5001);
    String long2 = "\"max_tokens\": 0, \"prompt\": [\"%s\", \"%s\"]".formatted(half, half);
    assertThat(complete(long2).body()).contains("10,000 characters in all");
    assertThat(complete(keys + ", \"stream\": true").body())
        .containsSubsequence("\"index\":0", "\"index\":1", "\"index\":2", "\"index\":3");
  }

  /** LangChain4j's, which knows nothing of this service. */
  @Test
  void aClientOfOpenAisApiWorks() throws Exception {
    String address = "http://127.0.0.1:%d/v1".formatted(service.port());
    Response<String> whole =
        OpenAiLanguageModel.builder()
            .baseUrl(address)
            .apiKey("any")
            .modelName("small@champion")
            .temperature(0.5)
            .build()
            .generate("Zo");
    assertThat(whole.content()).isEqualTo("abcdefghijklmnop");
    assertThat(whole.finishReason()).isEqualTo(FinishReason.LENGTH);
    assertThat(whole.tokenUsage().totalTokenCount()).isEqualTo(18);

    CompletableFuture<String> streamed = new CompletableFuture<>();
    OpenAiStreamingLanguageModel.builder()
        .baseUrl(address)
        .apiKey("any")
        .modelName(id)
        .build()
        .generate(
            "Zo",
            new StreamingResponseHandler<String>() {
              @Override
              public void onNext(String token) {}

              @Override
              public void onComplete(Response<String> response) {
                streamed.complete(response.content());
              }

              @Override
              public void onError(Throwable failure) {
                streamed.completeExceptionally(failure);
              }
            });
    assertThat(streamed.get(30, TimeUnit.SECONDS)).isEqualTo("abcdefghijklmnop");

    assertThatThrownBy(
            () ->
                OpenAiLanguageModel.builder()
                    .baseUrl(address)
                    .apiKey("any")
                    .modelName("none")
                    .maxRetries(0)
                    .build()
                    .generate("Zo"))
        .isInstanceOf(ModelNotFoundException.class);
  }

  @Test
  void aStreamEndsWithDone() {
    HttpResponse<String> answer =
        complete(
            "\"max_tokens\": 150, \"stream\": true, \"stream_options\": {\"include_usage\": true}");
    assertThat(answer.headers().firstValue("Content-Type").orElse(""))
        .startsWith("text/event-stream");
    List<String> events = List.of(answer.body().strip().split("\n\n", -1));
    assertThat(events).allMatch(event -> event.startsWith("data: "));
    assertThat(events.get(events.size() - 1)).isEqualTo("data: [DONE]");
    assertThat(events.get(events.size() - 2)).contains("\"completion_tokens\":150");
    assertThat(events.get(events.size() - 3)).contains("\"finish_reason\":\"length\"");
    assertThat(events.get(0)).contains("\"text\":\"abcdefghij").contains("\"finish_reason\":null");
  }

  @Test
  void aStopStringEndsTheText() {
    JsonNode stopped = TestService.json(complete("\"max_tokens\": 26, \"stop\": [\"xx\", \"de\"]"));
    assertThat(stopped.at("/choices/0/text").asText()).isEqualTo("abc");
    assertThat(stopped.at("/choices/0/finish_reason").asText()).isEqualTo("stop");
    assertThat(
            service
                .post("/api/v1/runs/%s/generate".formatted(id), "{\"length\": 9, \"stop\": \"c\"}")
                .body())
        .isEqualTo("ab");
  }

  @Test
  void modelsAreListedAndFound() {
    JsonNode list = service.json("/v1/models");
    assertThat(list.path("object").asText()).isEqualTo("list");
    assertThat(list.path("data").findValuesAsText("id")).contains("small@champion", id);
    for (String name : List.of("small@champion", "small@1", "small", id)) {
      assertThat(service.json("/v1/models/" + name).path("object").asText()).isEqualTo("model");
      assertThat(
              service
                  .post(COMPLETIONS, "{\"model\": \"%s\", \"max_tokens\": 1}".formatted(name))
                  .statusCode())
          .as(name)
          .isEqualTo(200);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'\"prompt\": [1, 2]' | prompt",
        "'\"prompt\": []' | prompt",
        "'\"prompt\": [\"a\", null]' | prompt",
        "'\"prompt\": [[1, 2]]' | prompt",
        "'\"max_tokens\": 7000, \"prompt\": [\"a\", \"b\", \"c\"]' | max_tokens",
        "'\"prompt\": {}' | prompt",
        "'\"max_tokens\": -1' | max_tokens",
        "'\"max_tokens\": 5000, \"n\": 5' | max_tokens",
        "'\"max_tokens\": 1.5' | max_tokens",
        "'\"n\": 9' | n",
        "'\"temperature\": 1e400' | temperature",
        "'\"top_p\": 0' | top_p",
        "'\"logprobs\": 6' | logprobs",
        "'\"stop\": \"\"' | stop",
        "'\"stop\": [1]' | stop",
        "'\"stop\": [\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\",\"h\",\"i\"]' | stop",
        "'\"seed\": \"x\"' | seed",
        "'\"stream\": 1' | stream",
        "'\"stream_options\": 1, \"stream\": true' | stream_options",
        "'\"echo\": \"yes\"' | echo",
        "'\"best_of\": 2' | best_of",
        "'\"suffix\": \"x\"' | suffix",
        "'\"frequency_penalty\": 1' | frequency_penalty",
        "'\"logit_bias\": {\"50256\": -100}' | logit_bias",
        "'\"prompt\": \"Stra\u00dfe\"' | prompt"
      })
  void aWrongKeyIsNamedInTheShapeOfTheApi(String keys, String key) {
    HttpResponse<String> answer = complete(keys);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
    JsonNode error = TestService.json(answer).path("error");
    assertThat(error.path("type").asText()).isEqualTo("invalid_request_error");
    assertThat(error.path("param").asText()).as(answer.body()).isEqualTo(key);
    assertThat(error.path("message").asText()).isNotEmpty();
  }

  @Test
  void anUnknownModelOrKeyIsRefused() {
    HttpResponse<String> missing = service.post(COMPLETIONS, "{\"model\": \"none-00000000\"}");
    assertThat(missing.statusCode()).isEqualTo(404);
    JsonNode error = TestService.json(missing).path("error");
    assertThat(error.path("code").asText()).isEqualTo("model_not_found");
    assertThat(error.path("message").asText()).contains("'none-00000000'");
    assertThat(service.post(COMPLETIONS, "{\"model\": \"small@9\"}").statusCode()).isEqualTo(404);
    assertThat(service.post(COMPLETIONS, "{\"model\": \"small@x\"}").statusCode()).isEqualTo(404);
    assertThat(service.post(COMPLETIONS, "{\"model\": 1}").statusCode()).isEqualTo(400);
    assertThat(complete("\"promt\": 1").body()).contains("'promt': unknown key");
    assertThat(service.post(COMPLETIONS, "[]").statusCode()).isEqualTo(400);
    assertThat(service.get("/v1/nothing").body()).startsWith("{\"error\":{");
  }

  @Test
  void aTokenIsTheApiKey() throws IOException {
    String reader = "r".repeat(32);
    Path tokens = folder.resolve("tokens");
    Files.writeString(tokens, "read rosa %s\n".formatted(reader));
    Files.setPosixFilePermissions(tokens, PosixFilePermissions.fromString("rw-------"));
    try (TestService closed = TestService.withTokens(folder.resolve("closed"), tokens)) {
      HttpResponse<String> refused = closed.post(COMPLETIONS, "{\"model\": \"x\"}");
      assertThat(refused.statusCode()).isEqualTo(401);
      assertThat(refused.body()).startsWith("{\"error\":{");
      assertThat(
              closed
                  .send(closed.request("/v1/models").header("Authorization", "Bearer " + reader))
                  .statusCode())
          .isEqualTo(200);
    }
  }

  @Test
  void aTextIsExplained() {
    String path = "/api/v1/runs/%s/explain".formatted(id);
    HttpResponse<String> answer = service.post(path, "{\"text\": \"to be\"}");
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    assertThat(TestService.json(answer).path("checkpoint").asText()).isEqualTo(id);
    assertThat(TestService.json(answer).has("copies")).isFalse();
    HttpResponse<String> version =
        service.post(
            "/api/v1/models/small/versions/champion/explain",
            "{\"text\": \"to be\", \"units\": 3, \"gates\": true, \"lag\": true, \"copies\": true}");
    assertThat(TestService.json(version).path("checkpoint").asText()).isEqualTo("small@1");
    assertThat(TestService.json(version).at("/copies/longest").asInt())
        .as("in the corpus of its run")
        .isEqualTo(20);
    for (String wrong :
        List.of(
            "{}",
            "{\"text\": \"t\"}",
            "{\"text\": 1}",
            "{\"text\": \"%s\"}".formatted("x".repeat(10_001)),
            "{\"text\": \"%s\", \"units\": 1}".formatted("x".repeat(2_001)),
            "{\"text\": \"to be\", \"units\": 51}",
            "{\"text\": \"to be\", \"gates\": true}",
            "{\"text\": \"to be\", \"copies\": 1}",
            "{\"text\": \"to be\", \"unknown\": \"x\"}",
            "{\"text\": \"Stra\u00dfe\"}")) {
      HttpResponse<String> refused = service.post(path, wrong);
      assertThat(refused.statusCode()).as(refused.body()).isEqualTo(422);
    }
  }

  /** So that training has the processors. */
  @Test
  void theProcessThatKeepsModelsHasALowerPriority() throws IOException {
    Path own = Path.of("/proc/self/stat");
    assumeTrue(Files.exists(own), "no Linux");
    complete("\"max_tokens\": 1");
    long pid = service.service().inference().pid().orElseThrow();
    assertThat(niceness(Path.of("/proc/%d/stat".formatted(pid))))
        .isEqualTo(Math.min(niceness(own) + 10, 19));
  }

  /** Field 19 of proc(5); field 2, in brackets, is the program. */
  private static int niceness(Path stat) throws IOException {
    String line = Files.readString(stat);
    return Integer.parseInt(line.substring(line.lastIndexOf(')') + 2).split(" ", -1)[16]);
  }

  @Test
  void aProcessThatDiesIsAnsweredWithRetryAndReplaced() {
    String generate = "/api/v1/runs/%s/generate".formatted(id);
    assertThat(service.post(generate, "{\"length\": 1}").statusCode()).isEqualTo(200);
    long before = service.service().inference().pid().orElseThrow();
    HttpResponse<String> lost = service.post(generate, "{\"prime\": \"die now\"}");
    assertThat(lost.statusCode()).as(lost.body()).isEqualTo(503);
    assertThat(lost.headers().firstValue("Retry-After")).isPresent();
    assertThat(lost.body()).contains("ended unexpectedly: retry");
    assertThat(service.post(generate, "{\"length\": 2}").body()).isEqualTo("ab");
    assertThat(service.service().inference().pid().orElseThrow()).isNotEqualTo(before);
  }
}
