package trainer.service.http;

import io.javalin.security.RouteRole;
import java.util.List;

/**
 * The request body of a route. None of the content types is one that an HTML form can send, so
 * pages of other sites cannot forge requests.
 */
enum Body implements RouteRole {
  /** A body is not read. */
  NONE,

  /** A JSON object; an empty body where no key is required. */
  JSON,

  /** A configuration, YAML or JSON. */
  CONFIGURATION,

  /**
   * Text of any content type, which the route reads itself; only for methods that a form cannot
   * send.
   */
  TEXT;

  /** The accepted content types; empty: any. */
  List<String> types() {
    return switch (this) {
      case NONE, TEXT -> List.of();
      case JSON -> List.of("application/json");
      case CONFIGURATION -> List.of("application/yaml", "application/json");
    };
  }

  /** Whether it is received before the route is run. */
  boolean isReceived() {
    return this == JSON || this == CONFIGURATION;
  }
}
