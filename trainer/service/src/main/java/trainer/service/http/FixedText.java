package trainer.service.http;

import io.javalin.http.Context;

/** A text that is the same in every answer, so that no answer needs memory or time for it. */
final class FixedText {
  private static final String FIXED = "fixed";

  private final byte[] text;
  private final byte[] compressed;
  private final String type;

  FixedText(byte[] text, String type) {
    this.text = text;
    this.type = type;
    compressed = Answers.compressed(text);
  }

  byte[] bytes() {
    return text;
  }

  void answer(Context context) {
    context.attribute(FIXED, true);
    context.contentType(type).header("Vary", "Accept-Encoding");
    if (Answers.readsGzip(context)) {
      context.header("Content-Encoding", "gzip");
      context.result(compressed);
    } else {
      context.result(text);
    }
  }

  /** Whether the result of a request is such a text. */
  static boolean isIn(Context context) {
    return context.attribute(FIXED) != null;
  }
}
