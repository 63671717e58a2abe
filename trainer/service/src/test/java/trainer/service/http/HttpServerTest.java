package trainer.service.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.javalin.http.Context;
import io.javalin.http.Handler;
import io.javalin.http.HandlerType;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import trainer.service.inference.Frame;

/** What the server makes of routes that fail. */
final class HttpServerTest {
  private static final Limits LIMITS = new Limits(0, 1);

  private final ListAppender<ILoggingEvent> log = new ListAppender<>();
  private final Logger logger = (Logger) LoggerFactory.getLogger(HttpServer.class);
  private final Answers answers = new Answers(LIMITS);
  private HttpServer server;

  @BeforeEach
  void start() {
    log.start();
    logger.addAppender(log);
    server =
        new HttpServer(
            new Guard(Tokens.none(), Set.of()),
            List.of(
                route(
                    "/memory",
                    context -> {
                      throw new OutOfMemoryError("Java heap space");
                    }),
                route("/half", this::half),
                route("/page", context -> context.result("found")).with("limit", "after"),
                route("/stack", context -> context.result("" + depth(0))),
                route(
                    "/broken",
                    context -> {
                      throw new IllegalStateException("broken");
                    })),
            (method, route, status, milliseconds) -> {},
            LIMITS,
            answers);
    server.start("127.0.0.1", 0);
  }

  @AfterEach
  void stop() {
    logger.detachAppender(log);
    server.close();
    answers.close();
  }

  private static Route route(String path, Handler handler) {
    return new Route(HandlerType.GET, path, Access.READ, handler);
  }

  private void half(Context context) {
    try (TextStream text = new TextStream(context, answers)) {
      text.writeAll(
          () -> Frame.of(1, Frame.Kind.PIECE, "a piece"),
          frame -> {
            text.write(frame.text());
            throw new IllegalStateException("broken");
          });
    }
  }

  @SuppressWarnings("InfiniteRecursion") // to overflow the stack
  private static int depth(int i) {
    return depth(i + 1) + 1;
  }

  private HttpResponse<String> get(String path) throws IOException, InterruptedException {
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path)).build(),
            BodyHandlers.ofString());
  }

  @Test
  void aStreamThatBreaksIsNotTakenForTheWhole() {
    assertThatThrownBy(() -> get("/half")).isInstanceOf(IOException.class);
  }

  @Test
  void aParameterOfAnotherAddressIsRefusedWithTheOwnOnes() throws Exception {
    assertThat(get("/page?limit=1&after=2").body()).isEqualTo("found");
    HttpResponse<String> other = get("/page?limit=1&points=9");
    assertThat(other.statusCode()).isEqualTo(422);
    assertThat(TestService.json(other).path("detail").asText())
        .isEqualTo("?points: unknown parameter; those of this address: limit, after");
    assertThat(TestService.json(get("/stack?limit=1")).path("detail").asText())
        .isEqualTo("?limit: unknown parameter; those of this address: none");
  }

  @Test
  void anErrorOfTheVirtualMachineIsAnsweredAndLogged() throws Exception {
    HttpResponse<String> memory = get("/memory");
    assertThat(memory.statusCode()).isEqualTo(503);
    assertThat(memory.headers().firstValue("Retry-After")).hasValue("10");
    assertThat(TestService.json(memory).path("detail").asText()).contains("out of memory");
    HttpResponse<String> stack = get("/stack");
    assertThat(stack.statusCode()).isEqualTo(500);
    assertThat(TestService.json(stack).path("detail").asText()).startsWith("internal error");
    assertThat(get("/broken").statusCode()).isEqualTo(500);
    assertThat(log.list)
        .extracting(event -> event.getThrowableProxy().getClassName())
        .containsExactly(
            "java.lang.OutOfMemoryError",
            "java.lang.StackOverflowError",
            "java.lang.IllegalStateException");
  }
}
