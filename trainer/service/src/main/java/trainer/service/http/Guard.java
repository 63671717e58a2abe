package trainer.service.http;

import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import io.javalin.http.HttpStatus;
import io.javalin.security.RouteRole;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import trainer.service.http.Route.Parameters;
import trainer.service.http.Tokens.Caller;

/**
 * Checks requests before any route sees them: cross-site requests, DNS rebinding (a foreign Host),
 * tokens and roles.
 */
final class Guard {
  private static final String CALLER = "caller";
  private static final String RUN = "run"; // the only parameter that may be repeated
  private static final String METHOD_OVERRIDE = "X-HTTP-Method-Override"; // Javalin obeys it
  private static final Pattern PORT = Pattern.compile(":[0-9]{1,5}$");
  private static final Pattern ADDRESS = Pattern.compile("[0-9.]+|\\[[0-9a-fA-F:.]+]");
  private static final List<String> ONCE =
      List.of("Authorization", "Content-Type", "Idempotency-Key", "Origin");
  private static final Set<String> PROBES = Set.of("/healthz", "/readyz");

  private final Tokens tokens;
  private final Set<String> hosts;

  /**
   * @param hosts names of the service besides localhost
   */
  Guard(Tokens tokens, Set<String> hosts) {
    this.tokens = tokens;
    this.hosts = hosts;
  }

  /** Checks the source of a request, also if no route matches. */
  void checkSource(Context context) {
    String host = context.header("Host");
    // Clusters probe by their own address or name; the probes reveal nothing.
    if (!PROBES.contains(context.path()) && !isOurs(host)) {
      throw new ApiProblem(
          HttpStatus.MISDIRECTED_REQUEST,
          "Host '%s' is not a name of this service: start it with --allowed-host".formatted(host));
    }
    if (context.header(METHOD_OVERRIDE) != null) {
      throw new ApiProblem(
          HttpStatus.BAD_REQUEST, METHOD_OVERRIDE + " is not supported: send the method itself");
    }
    for (String name : ONCE) {
      if (Collections.list(context.req().getHeaders(name)).size() > 1) {
        throw new ApiProblem(HttpStatus.BAD_REQUEST, name + " is given twice: send it once");
      }
    }
    String origin = context.header("Origin");
    if (origin != null && !isSameOrigin(origin, host)) {
      throw new ApiProblem(
          HttpStatus.FORBIDDEN, "requests from pages of '%s' are refused".formatted(origin));
    }
    String site = context.header("Sec-Fetch-Site");
    boolean navigation = "navigate".equals(context.header("Sec-Fetch-Mode"));
    if (site != null
        && !site.equals("same-origin")
        && !site.equals("none")
        && !(navigation
            && context.method().equals(HandlerType.GET)
            && context.path().equals("/"))) {
      throw new ApiProblem(HttpStatus.FORBIDDEN, "requests from pages of other sites are refused");
    }
  }

  private boolean isOurs(String host) {
    if (host == null) {
      return false;
    }
    String name = PORT.matcher(host).replaceFirst("").toLowerCase(Locale.ROOT);
    // DNS rebinding needs a name, never an address.
    return name.equals("localhost") || ADDRESS.matcher(name).matches() || hosts.contains(name);
  }

  /** A proxy may add the encryption. */
  private static boolean isSameOrigin(String origin, String host) {
    return origin.equalsIgnoreCase("http://" + host) || origin.equalsIgnoreCase("https://" + host);
  }

  /** Checks role, query and content type. */
  void checkRoute(Context context) {
    // Without a declared role, a route is for administrators.
    Access access = role(context, Access.class).orElse(Access.ADMIN);
    checkCaller(context, access);
    if (access != Access.OPEN) {
      checkQuery(context, role(context, Parameters.class).orElse(Parameters.NONE).names());
    }
    checkBody(context, role(context, Body.class).orElse(Body.JSON));
  }

  private static <T extends RouteRole> Optional<T> role(Context context, Class<T> kind) {
    return context.routeRoles().stream().filter(kind::isInstance).map(kind::cast).findFirst();
  }

  private void checkCaller(Context context, Access needed) {
    if (needed == Access.OPEN) {
      return;
    }
    String sent = context.header("Authorization");
    Caller caller =
        tokens
            .caller(sent)
            .orElseThrow(
                () -> {
                  context.header("WWW-Authenticate", "Bearer");
                  return new ApiProblem(
                      HttpStatus.UNAUTHORIZED,
                      "%ssend a token of this service: 'Authorization: Bearer TOKEN'"
                          .formatted(sent == null ? "" : "the token that was sent is unknown: "));
                });
    if (caller.access().compareTo(needed) < 0) {
      throw new ApiProblem(
          HttpStatus.FORBIDDEN,
          "this needs the role %s or higher; the token of %s has the role %s"
              .formatted(word(needed), caller.name(), word(caller.access())));
    }
    context.attribute(CALLER, caller);
  }

  private static void checkQuery(Context context, List<String> known) {
    context
        .queryParamMap()
        .forEach(
            (name, values) -> {
              if (!known.contains(name)) {
                throw new ApiProblem(
                    HttpStatus.UNPROCESSABLE_CONTENT,
                    "?%s: unknown parameter; those of this address: %s"
                        .formatted(name, known.isEmpty() ? "none" : String.join(", ", known)));
              }
              if (values.size() > 1 && !name.equals(RUN)) {
                throw new ApiProblem(
                    HttpStatus.UNPROCESSABLE_CONTENT,
                    "?%s: is given twice; send it once".formatted(name));
              }
            });
  }

  /** What would be stored or parsed otherwise than it was meant is refused. */
  private static void checkBody(Context context, Body body) {
    if (body == Body.NONE) {
      return;
    }
    String encoding = context.header("Content-Encoding");
    if (encoding != null && !encoding.equalsIgnoreCase("identity")) {
      throw new ApiProblem(
          HttpStatus.UNSUPPORTED_MEDIA_TYPE,
          "Content-Encoding '%s' is not supported: send the body uncompressed".formatted(encoding));
    }
    if (context.header("Content-Range") != null) {
      throw new ApiProblem(
          HttpStatus.BAD_REQUEST, "Content-Range is not supported: send the whole body");
    }
    if (body.types().isEmpty()) {
      return;
    }
    String type = String.valueOf(context.contentType()).replaceFirst(";.*", "").strip();
    if (!body.types().contains(type)) {
      throw new ApiProblem(
          HttpStatus.UNSUPPORTED_MEDIA_TYPE,
          "Content-Type must be %s".formatted(String.join(" or ", body.types())));
    }
  }

  private static String word(Access access) {
    return access.name().toLowerCase(Locale.ROOT);
  }

  /** The authenticated caller, or null. */
  static Caller caller(Context context) {
    return context.attribute(CALLER);
  }
}
