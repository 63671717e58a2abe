package trainer.service.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.Context;
import java.util.List;
import java.util.function.Function;
import java.util.function.ToLongFunction;

/**
 * One page of a list, newest first, for {@code ?limit=} and {@code ?after=}.
 *
 * @param nextAfter {@code after} of the next page; null: none
 */
record ResultPage<T>(List<T> items, Long nextAfter) {
  private static final int MOST = 200;
  private static final int USUAL = 50;

  /** A query for items. */
  @FunctionalInterface
  interface Source<T> {
    /**
     * Reads items.
     *
     * @param before only items older than this number, or null
     */
    List<T> read(Long before, int limit);
  }

  /**
   * Reads the requested page.
   *
   * @param number of an item; the sort key
   */
  static <T> ResultPage<T> of(Context context, Source<T> source, ToLongFunction<T> number) {
    Long limit = Query.number(context, "limit", 1, MOST);
    Long after = Query.number(context, "after", 1, Long.MAX_VALUE);
    int most = limit == null ? USUAL : limit.intValue();
    List<T> found = source.read(after, most + 1); // one extra tells whether there is a next page
    return found.size() > most
        ? new ResultPage<>(found.subList(0, most), number.applyAsLong(found.get(most - 1)))
        : new ResultPage<>(found, null);
  }

  ObjectNode json(String key, Function<T, ObjectNode> shown) {
    ObjectNode node = ApiJson.object();
    ArrayNode list = node.putArray(key);
    items.forEach(item -> list.add(shown.apply(item)));
    node.put("next_after", nextAfter);
    return node;
  }
}
