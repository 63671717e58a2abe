package trainer.service.http;

import io.javalin.Javalin;
import io.javalin.config.JavalinConfig;
import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import io.javalin.http.HttpResponseException;
import io.javalin.http.HttpStatus;
import io.javalin.util.JavalinBindException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.NetworkConnectionLimit;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
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
  private static final int THREADS = 64;
  private static final int MOST_CONNECTIONS = 2000;
  private static final int HEADER_BYTES = 8192;
  private static final String PAGE_POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src"
          + " 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

  private final Guard guard;
  private final List<Route> routes;
  private final ServiceMetrics metrics;
  private final Limits limits;
  private final Javalin javalin;

  HttpServer(Guard guard, List<Route> routes, ServiceMetrics metrics, Limits limits) {
    this.limits = limits;
    this.guard = guard;
    this.routes = List.copyOf(routes);
    this.metrics = metrics;
    this.javalin = Javalin.create(this::configure);
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
    config.jetty.threadPool = new QueuedThreadPool(THREADS);
    config.jetty.modifyServer(
        server -> server.addBean(new NetworkConnectionLimit(MOST_CONNECTIONS, server)));
    config.jetty.modifyHttpConfiguration(this::limit);
    config.appData(RequestBody.MOST_TIME, limits.body());
    config.requestLogger.http(this::log);
    config.routes.before(this::prepare);
    config.routes.beforeMatched(guard::checkRoute);
    for (Route route : routes) {
      config.routes.addHttpHandler(
          route.method(), route.path(), route.handler(), route.access(), route.body());
    }
    config.routes.exception(ApiProblem.class, ApiProblem::answer);
    config.routes.exception(
        UnstorableTextException.class,
        (e, context) ->
            new ApiProblem(HttpStatus.UNPROCESSABLE_CONTENT, e.getMessage()).answer(context));
    config.routes.exception(QueueFullException.class, HttpServer::full);
    config.routes.exception(DatabaseException.class, HttpServer::databaseFailed);
    config.routes.exception(
        HttpResponseException.class, (e, context) -> refusal(e).answer(context));
    config.routes.exception(Exception.class, HttpServer::failed);
    config.routes.error(404, HttpServer::unknown);
  }

  private void limit(HttpConfiguration configuration) {
    configuration.setSendServerVersion(false);
    configuration.setRequestHeaderSize(HEADER_BYTES);
    configuration.setIdleTimeout(limits.idle().toMillis());
  }

  private void prepare(Context context) {
    context.header(REQUEST_ID, requestId(context));
    context.header("Content-Security-Policy", PAGE_POLICY);
    context.header("X-Content-Type-Options", "nosniff");
    context.header("Referrer-Policy", "no-referrer");
    context.header("Cross-Origin-Resource-Policy", "same-origin");
    context.header("Cache-Control", "no-store");
    guard.checkSource(context);
  }

  /** The request id of the proxy or client if well-formed, else a new one. */
  private static String requestId(Context context) {
    String given = context.header(REQUEST_ID);
    return given != null && REQUEST_ID_FORM.matcher(given).matches()
        ? given
        : HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
  }

  private static ApiProblem refusal(HttpResponseException e) {
    HttpStatus status = HttpStatus.forStatus(e.getStatus());
    return new ApiProblem(
        status == HttpStatus.UNKNOWN ? HttpStatus.BAD_REQUEST : status,
        String.valueOf(e.getMessage()));
  }

  private static void full(QueueFullException e, Context context) {
    context.header("Retry-After", "60");
    new ApiProblem(HttpStatus.SERVICE_UNAVAILABLE, e.getMessage()).answer(context);
  }

  private static void databaseFailed(DatabaseException e, Context context) {
    LOG.warn("{}", e.getMessage());
    context.header("Retry-After", "10");
    new ApiProblem(HttpStatus.SERVICE_UNAVAILABLE, "the database is unavailable: retry later")
        .answer(context);
  }

  private static void failed(Exception e, Context context) {
    if (context.res().isCommitted()) {
      LOG.debug("response aborted", e); // the client disconnected
      return;
    }
    LOG.error("request {}", context.res().getHeader(REQUEST_ID), e);
    new ApiProblem(
            HttpStatus.INTERNAL_SERVER_ERROR,
            "internal error; the service's log says more under request "
                + context.res().getHeader(REQUEST_ID))
        .answer(context);
  }

  private static void unknown(Context context) {
    if (!String.valueOf(context.res().getContentType()).contains("problem+json")) {
      new ApiProblem(HttpStatus.NOT_FOUND, "no such address").answer(context);
    }
  }

  private void log(Context context, float milliseconds) {
    String route = context.endpoint().path;
    String method = method(context);
    metrics.request(method, route, context.statusCode(), milliseconds);
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
    return shown.length() > 200 ? shown.substring(0, 200) + "…" : shown;
  }

  /** The routes, for tests. */
  List<Route> routes() {
    return new ArrayList<>(routes);
  }

  @Override
  public void close() {
    javalin.stop();
  }
}
