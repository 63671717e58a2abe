package trainer.engine.cpu;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;

/** The engine's threads. The caller of {@link #run} is thread 0; the others wait between jobs. */
final class Workers implements Team, AutoCloseable {
  private final Products products;
  private final Thread[] threads;
  private final Barrier outside;
  private final Barrier inside;
  private IntConsumer job;
  private volatile Throwable failure;
  private volatile boolean closed;

  /**
   * @param count threads, the caller included
   * @param products notified of every thread that computes products
   */
  Workers(int count, Products products) {
    this.products = products;
    threads = new Thread[count];
    outside = new Barrier(threads);
    inside = new Barrier(threads);
    for (int i = 1; i < count; i++) {
      int index = i;
      threads[i] = new Thread(() -> work(index), "cpu-engine-" + index);
      threads[i].setDaemon(true);
    }
    for (int i = 1; i < count; i++) {
      threads[i].start();
    }
  }

  @Override
  public int count() {
    return threads.length;
  }

  /**
   * Runs the task once on every thread, with the thread's index, and returns when all are done.
   *
   * @throws IllegalStateException if a thread failed, in this task or an earlier one
   */
  void run(IntConsumer task) {
    asFirst(
        () -> {
          job = task;
          outside.await(0);
          attempt(task, 0);
          outside.await(0);
        });
  }

  /** Runs a part of {@link #run} on the calling thread, as thread 0. */
  private void asFirst(Runnable part) {
    if (closed) {
      throw new IllegalStateException("the engine is closed");
    }
    threads[0] = Thread.currentThread();
    int before = products.enterThread();
    try {
      part.run();
    } finally {
      products.leaveThread(before);
    }
    if (failure != null) {
      throw new IllegalStateException("a thread of the cpu engine failed: " + failure, failure);
    }
  }

  /**
   * Runs the task once for every index below {@code tasks}; threads take them as they come free. A
   * single task wakes no other thread: one lane is sampled by one group.
   */
  void each(int tasks, IntConsumer task) {
    if (tasks == 1) {
      asFirst(() -> attempt(task, 0));
      return;
    }
    AtomicInteger next = new AtomicInteger();
    run(
        thread -> {
          for (int index; (index = next.getAndIncrement()) < tasks; ) {
            task.accept(index);
          }
        });
  }

  /** Within a task of {@link #run}: returns when all threads have arrived. */
  @Override
  public void barrier(int thread) {
    inside.await(thread);
  }

  private void work(int index) {
    products.enterThread();
    while (true) {
      outside.await(index);
      if (closed) {
        return;
      }
      attempt(job, index);
      outside.await(index);
    }
  }

  private void attempt(IntConsumer task, int index) {
    if (failure != null) {
      return;
    }
    try {
      task.accept(index);
    } catch (Throwable e) {
      if (failure == null) {
        failure = e;
      }
      inside.breakUp(); // the others would wait for this thread forever
    }
  }

  /** Stops the other threads. */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      threads[0] = Thread.currentThread();
      outside.await(0);
    }
  }
}
