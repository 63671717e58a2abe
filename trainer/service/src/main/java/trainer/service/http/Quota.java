package trainer.service.http;

import io.javalin.http.Context;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import trainer.service.http.Tokens.Caller;

/**
 * Bounds what callers hold at a time: bodies, files, streams. One token has at most three quarters
 * of it, so that another is still answered. Beyond it: 503 with Retry-After.
 */
final class Quota {
  private final long most;
  private final int retrySeconds;
  private final String full;
  private final Map<Caller, Long> held = new HashMap<>();
  private long all;

  /**
   * @param most maximum amount in all
   * @param retrySeconds when to retry
   * @param full what a refusal says, such as "4 uploads are running, the limit: retry later"
   */
  Quota(long most, int retrySeconds, String full) {
    this.most = most;
    this.retrySeconds = retrySeconds;
    this.full = full;
  }

  /** What a caller holds until it is closed. */
  interface Held extends AutoCloseable {
    @Override
    void close();
  }

  /** Takes one. */
  Held take(Context context) {
    return take(context, 1);
  }

  /**
   * Takes an amount; one that is larger than the quota is given if nothing else is held.
   *
   * @throws ApiProblem 503 if that would be more than the quota
   */
  Held take(Context context, long amount) {
    return take(Guard.caller(context), amount);
  }

  /**
   * As above.
   *
   * @param caller null: not known, as where no token is needed
   */
  Held take(Caller caller, long amount) {
    boolean shared = Tokens.ANYONE.equals(caller) || caller == null; // by all who have no token
    if (!add(caller, amount, shared ? most : Math.max(1, most * 3 / 4))) {
      throw ApiProblem.busy(full, retrySeconds);
    }
    AtomicBoolean closed = new AtomicBoolean();
    return () -> {
      if (!closed.getAndSet(true)) {
        remove(caller, amount);
      }
    };
  }

  private synchronized boolean add(Caller caller, long amount, long mostOfCaller) {
    long before = held.getOrDefault(caller, 0L);
    if (exceeds(all, amount, most) || exceeds(before, amount, mostOfCaller)) {
      return false;
    }
    all += amount;
    held.put(caller, before + amount);
    return true;
  }

  private static boolean exceeds(long before, long amount, long limit) {
    return before > 0 && before + amount > limit;
  }

  private synchronized void remove(Caller caller, long amount) {
    all -= amount;
    held.computeIfPresent(caller, (same, before) -> before == amount ? null : before - amount);
  }

  /** The amount that is held. */
  synchronized long held() {
    return all;
  }
}
