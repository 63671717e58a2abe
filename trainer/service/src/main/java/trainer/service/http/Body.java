package trainer.service.http;

import io.javalin.security.RouteRole;
import java.util.List;

/**
 * What a route reads of the body of a request. A form, which any page can make a browser send, has
 * none of these types.
 */
enum Body implements RouteRole {
  /** Nothing; whatever comes is left unread. */
  NONE,

  /** A JSON object; some need none of its keys, and take nothing at all for it. */
  JSON,

  /** A configuration. */
  CONFIGURATION,

  /** A text, whatever it calls itself: only for a method that a form cannot send. */
  TEXT;

  /** The types that a request must name one of; empty: any. */
  List<String> types() {
    return switch (this) {
      case NONE, TEXT -> List.of();
      case JSON -> List.of("application/json");
      case CONFIGURATION -> List.of("application/yaml", "application/json");
    };
  }
}
