package trainer.insight;

import java.util.Locale;

/**
 * A section of the report.
 *
 * @param id for links to it
 * @param link words of the link
 * @param body HTML
 */
record ReportSection(String id, String link, String title, String body) {

  String navigation() {
    return "<a href=\"#%s\">%s</a>".formatted(id, link);
  }

  String html() {
    return "<section id=\"%s\"><h2>%s</h2>%s</section>%n".formatted(id, title, body);
  }

  /** Formats numbers as everywhere. */
  static String format(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
