package trainer.service.http;

import io.javalin.http.Context;
import io.javalin.http.HttpStatus;

/** Query parameters. */
final class Query {
  private Query() {}

  /** A whole number in a range; null if missing. */
  static Long number(Context context, String name, long least, long most) {
    String text = context.queryParam(name);
    if (text == null) {
      return null;
    }
    try {
      long value = Long.parseLong(text);
      if (value >= least && value <= most) {
        return value;
      }
    } catch (NumberFormatException e) {
      // refused below
    }
    throw new ApiProblem(
        HttpStatus.UNPROCESSABLE_CONTENT,
        "%s='%s': must be a whole number from %d to %d".formatted(name, text, least, most));
  }
}
