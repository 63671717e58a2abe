package trainer.service.http;

import io.javalin.Javalin;
import io.javalin.compression.CompressionStrategy;
import io.javalin.config.JavalinConfig;
import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import io.javalin.http.HttpResponseException;
import io.javalin.http.HttpStatus;
import io.javalin.http.MethodNotAllowedResponse;
import io.javalin.router.Endpoint;
import io.javalin.util.JavalinBindException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.NetworkConnectionLimit;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import trainer.file.ShellWord;
import trainer.service.Threads;
import trainer.service.database.DatabaseException;
import trainer.service.database.UnstorableTextException;
import trainer.service.runs.QueueFullException;

/** The HTTP server: routes behind the guard; every error is a problem document. */
final class HttpServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(HttpServer.class);
  private static final Logger ACCESS = LoggerFactory.getLogger("trainer.service.access");
  private static final String REQUEST_ID = "X-Request-Id";
  private static final Pattern REQUEST_ID_FORM = Pattern.compile("[A-Za-z0-9._-]{1,64}");
  private static final Pattern UNPRINTABLE = Pattern.compile("[^\\p{Graph}]");
  private static final String OTHER_METHOD = "other";
  private static final int CONNECTION_THREADS = 32; // read and write, and never wait for a client
  private static final int THREADS = 32; // for the routes; may wait for files and the database
  private static final int HEADER_BYTES = 8192;
  private static final Map<String, String> HEADERS =
      Map.of(
          "Content-Security-Policy",
          "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
              + " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
          "X-Content-Type-Options",
          "nosniff",
          "Referrer-Policy",
          "no-referrer",
          "Cross-Origin-Resource-Policy",
          "same-origin",
          "Cache-Control",
          "no-store");

  /** Counts requests: see {@link ServiceMetrics#request}. */
  interface Meter {
    void request(String method, String route, int status, float milliseconds);
  }

  private final Guard guard;
  private final List<Route> routes;
  private final Meter meter;
  private final Limits limits;
  private final RequestBody bodies;
  private final Answers answers;
  private final Quota requests;
  private final ExecutorService threads =
      Executors.newFixedThreadPool(THREADS, Threads.daemons("request"));
  // These are answered while all other threads are in use, and all that wait are answered at once.
  private final Map<String, ExecutorService> probes =
      Map.of("/readyz", probe("readyz"), "/metrics", probe("metrics"));
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(Threads.daemons("connection clock"));
  private final Connections connections;
  private final Javalin javalin;

  HttpServer(Guard guard, List<Route> routes, Meter meter, Limits limits, Answers answers) {
    this.limits = limits;
    this.guard = guard;
    this.routes = List.copyOf(routes);
    this.meter = meter;
    this.bodies = new RequestBody(limits);
    this.answers = answers;
    this.connections = new Connections(limits.connections(), limits.idle(), clock);
    int most = limits.connections() * 3 / 4;
    this.requests =
        new Quota(
            most,
            5,
            String.format(
                Locale.ROOT, "%,d requests are being answered, the limit: retry later", most));
    this.javalin = Javalin.create(this::configure);
  }

  private static ExecutorService probe(String name) {
    return Executors.newSingleThreadExecutor(Threads.daemons(name));
  }

  /**
   * Starts listening.
   *
   * @param port 0: any free port
   * @throws AddressException if it cannot
   */
  void start(String host, int port) {
    try {
      javalin.start(host, port);
    } catch (JavalinBindException e) {
      throw new AddressException(
          "%s, port %d: cannot listen (%s): choose another --host or --port, or stop the other program"
              .formatted(host, port, e.getMessage()),
          e);
    }
  }

  int port() {
    return javalin.port();
  }

  private void configure(JavalinConfig config) {
    config.startup.showJavalinBanner = false;
    config.startup.showOldJavalinVersionWarning = false;
    config.http.prefer405over404 = true;
    config.http.defaultContentType = "text/plain";
    config.http.compressionStrategy = CompressionStrategy.NONE; // see Answers
    config.jetty.threadPool = new QueuedThreadPool(CONNECTION_THREADS);
    config.jetty.modifyServer(
        server -> {
          server.addBean(new NetworkConnectionLimit(limits.connections(), server));
          server.setHandler(connections);
          server.setOpenEarly(false); // the handler sets up the connector
          server.setErrorHandler(new JettyErrors());
        });
    config.jetty.modifyServletContextHandler(handler -> handler.setErrorHandler(new JettyErrors()));
    config.jetty.modifyHttpConfiguration(this::limit);
    config.requestLogger.http(this::log);
    config.routes.before(this::prepare);
    config.routes.beforeMatched(guard::checkRoute);
    for (Route route : routes) {
      add(config, route, route.method());
      if (route.method().equals(HandlerType.GET)) {
        add(config, route, HandlerType.HEAD);
      }
    }
    config.routes.exception(Exception.class, HttpServer::refuse);
    config.routes.exception(HttpResponseException.class, HttpServer::refuse); // not as Javalin does
    config.routes.error(404, HttpServer::unknown);
    config.routes.after(context -> context.future(() -> answers.send(context)));
  }

  private void add(JavalinConfig config, Route route, HandlerType method) {
    config.routes.addHttpHandler(
        method,
        route.path(),
        context -> context.future(() -> answer(route, context)),
        route.access(),
        route.body(),
        route.parameters());
  }

  /** Answers a request; no thread waits for its body. */
  private CompletableFuture<?> answer(Route route, Context context) {
    if (route.access() != Access.OPEN && !probes.containsKey(route.path())) {
      Answers.holdUntilSent(context, requests.take(context));
      connections.keep(Answers.request(context));
    }
    CompletableFuture<Void> received =
        route.body().isReceived()
            ? bodies.receive(context)
            : CompletableFuture.completedFuture(null);
    return received
        .thenRunAsync(() -> handle(route, context), executor(route))
        .exceptionally(
            failure -> {
              refuse(
                  failure instanceof CompletionException ? failure.getCause() : failure, context);
              return null;
            })
        .thenCompose(nothing -> Answers.streamed(context));
  }

  private Executor executor(Route route) {
    if (probes.containsKey(route.path())) {
      return probes.get(route.path());
    }
    return route.access() == Access.OPEN ? Runnable::run : threads; // what is open does not wait
  }

  private void handle(Route route, Context context) {
    try {
      route.handler().handle(context);
      answers.prepare(context);
    } catch (Exception e) {
      throw new CompletionException(e);
    }
  }

  private void limit(HttpConfiguration configuration) {
    configuration.setSendServerVersion(false);
    configuration.setRequestHeaderSize(HEADER_BYTES);
    configuration.setIdleTimeout(limits.idle().toMillis());
  }

  private void prepare(Context context) {
    context.header(REQUEST_ID, requestId(context.header(REQUEST_ID)));
    HEADERS.forEach(context::header);
    guard.checkSource(context);
  }

  /** Sets the headers of every answer where Jetty answers itself. */
  static void protect(HttpFields.Mutable headers) {
    headers.put(REQUEST_ID, requestId(null));
    HEADERS.forEach(headers::put);
  }

  /** The request id of the proxy or client if well-formed, else a new one. */
  private static String requestId(String given) {
    return given != null && REQUEST_ID_FORM.matcher(given).matches()
        ? given
        : HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
  }

  /** Answers a failed request with a problem document. */
  private static void refuse(Throwable failure, Context context) {
    if (context.res().isCommitted()) {
      LOG.debug("response aborted", failure); // the client disconnected
      return;
    }
    problem(failure, context).answer(context);
  }

  private static ApiProblem problem(Throwable failure, Context context) {
    if (failure instanceof ApiProblem problem) {
      return problem;
    }
    if (failure instanceof QueueFullException) {
      return ApiProblem.busy(failure.getMessage(), 60);
    }
    if (failure instanceof UnstorableTextException) {
      return new ApiProblem(HttpStatus.UNPROCESSABLE_CONTENT, failure.getMessage());
    }
    if (failure instanceof DatabaseException) {
      LOG.warn("{}", failure.getMessage());
      return ApiProblem.busy("the database is unavailable: retry later", 10);
    }
    if (failure instanceof RejectedExecutionException) {
      return ApiProblem.busy("the service is stopping: retry later", 5);
    }
    if (failure instanceof MethodNotAllowedResponse refused) {
      context.header("Allow", String.valueOf(refused.getDetails().get("availableMethods")));
    }
    if (failure instanceof HttpResponseException refused) {
      HttpStatus status = HttpStatus.forStatus(refused.getStatus());
      return new ApiProblem(
          status == HttpStatus.UNKNOWN ? HttpStatus.BAD_REQUEST : status,
          String.valueOf(refused.getMessage()));
    }
    String request = context.res().getHeader(REQUEST_ID);
    LOG.error("request {}", request, failure);
    return failure instanceof OutOfMemoryError
        ? ApiProblem.busy("the service is out of memory: retry later", 10)
        : new ApiProblem(
            HttpStatus.INTERNAL_SERVER_ERROR,
            "internal error; the service's log says more under request " + request);
  }

  private static void unknown(Context context) {
    if (!String.valueOf(context.res().getContentType()).contains("json")) {
      new ApiProblem(HttpStatus.NOT_FOUND, "no such address").answer(context);
    }
  }

  private void log(Context context, float milliseconds) {
    Endpoint matched = context.endpoints().matchedHttpEndpoint();
    String route = matched == null ? "*" : matched.path;
    String method = method(context);
    meter.request(method, route, context.statusCode(), milliseconds);
    Tokens.Caller caller = Guard.caller(context);
    String name = caller == null ? "-" : caller.name();
    String path = printable(context.path());
    String request = context.res().getHeader(REQUEST_ID);
    ACCESS
        .atInfo()
        .addKeyValue("client", context.ip())
        .addKeyValue("caller", name)
        .addKeyValue("method", method)
        .addKeyValue("path", path)
        .addKeyValue("route", route)
        .addKeyValue("status", context.statusCode())
        .addKeyValue("milliseconds", Math.round(milliseconds))
        .addKeyValue("request", request)
        .log(
            "{} {} {} {} {} ms {} {}",
            context.ip(),
            name,
            method,
            path,
            Math.round(milliseconds),
            context.statusCode(),
            request);
  }

  /** Clients can invent methods, and each would become a metric. */
  private static String method(Context context) {
    String method = context.req().getMethod();
    return HandlerType.commonHttp().stream().anyMatch(common -> common.name().equals(method))
        ? method
        : OTHER_METHOD;
  }

  /** Keeps a path on one log line. */
  private static String printable(String path) {
    String shown = UNPRINTABLE.matcher(path).replaceAll("?");
    return ShellWord.shortened(shown, 200);
  }

  /** The routes, for tests. */
  List<Route> routes() {
    return new ArrayList<>(routes);
  }

  @Override
  public void close() {
    javalin.stop();
    clock.shutdownNow();
    threads.shutdownNow();
    probes.values().forEach(ExecutorService::shutdownNow);
  }
}
