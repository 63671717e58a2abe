package trainer.service.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.Context;
import java.util.List;
import java.util.function.Function;
import java.util.function.ToLongFunction;

/**
 * A part of a list, the newest first, as {@code ?limit=} and {@code ?after=} ask for it.
 *
 * @param nextAfter asks for those that follow; null: there are none
 */
record ResultPage<T>(List<T> items, Long nextAfter) {
  private static final int MOST = 200;
  private static final int USUAL = 50;

  /** Where the items come from. */
  @FunctionalInterface
  interface Source<T> {
    /**
     * Reads some.
     *
     * @param before only those older than this number, or null
     * @param limit at most so many
     */
    List<T> read(Long before, int limit);
  }

  /**
   * Reads the part that a request asks for.
   *
   * @param number of an item, which orders them
   */
  static <T> ResultPage<T> of(Context context, Source<T> source, ToLongFunction<T> number) {
    Long limit = Query.number(context, "limit", 1, MOST);
    Long after = Query.number(context, "after", 1, Long.MAX_VALUE);
    int most = limit == null ? USUAL : limit.intValue();
    List<T> found = source.read(after, most + 1); // one more says whether there are more
    return found.size() > most
        ? new ResultPage<>(found.subList(0, most), number.applyAsLong(found.get(most - 1)))
        : new ResultPage<>(found, null);
  }

  /** As JSON, the items under a key. */
  ObjectNode json(String key, Function<T, ObjectNode> shown) {
    ObjectNode node = ApiJson.object();
    ArrayNode list = node.putArray(key);
    items.forEach(item -> list.add(shown.apply(item)));
    node.put("next_after", nextAfter);
    return node;
  }
}
