package trainer.service.http;

import java.util.concurrent.Flow.Subscriber;
import java.util.concurrent.Flow.Subscription;
import java.util.function.Consumer;

/** Reads lines as fast as they come. */
record LineCounter(Consumer<String> count) implements Subscriber<String> {
  @Override
  public void onSubscribe(Subscription subscription) {
    subscription.request(Long.MAX_VALUE);
  }

  @Override
  public void onNext(String line) {
    count.accept(line);
  }

  @Override
  public void onError(Throwable failure) {
    // The stream was cancelled.
  }

  @Override
  public void onComplete() {
    // The run has ended.
  }
}
