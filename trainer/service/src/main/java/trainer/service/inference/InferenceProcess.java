package trainer.service.inference;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import trainer.service.Threads;
import trainer.service.program.Program;
import trainer.service.worker.Slot;

/**
 * A child process that keeps models loaded and answers several calls at a time. The first call
 * starts it, and the next one starts another if it has died. It ends when it has had nothing to do
 * for a while, and with this process, because its standard input is a pipe from here. Messages are
 * {@link Frame}s on its standard input and output, so no text is on a command line. Its priority is
 * lowered where {@code nice} is installed: processors are for training.
 */
public final class InferenceProcess implements AutoCloseable {
  /** Name of the command that the process is started with. */
  public static final String COMMAND = "inference-process";

  private static final Logger LOG = LoggerFactory.getLogger(InferenceProcess.class);
  private static final Duration GRACE = Duration.ofSeconds(10);
  private static final Duration IDLE = Duration.ofMinutes(15);
  private static final String PRIORITY = "10"; // lower than that of training, at most 19
  private static final Optional<String> NICE = // which is then this process itself
      Stream.of("/usr/bin/nice", "/bin/nice")
          .filter(program -> Files.isExecutable(Path.of(program)))
          .findFirst();

  private final Program program;
  private final ScheduledThreadPoolExecutor clock =
      new ScheduledThreadPoolExecutor(1, Threads.daemons("inference clock"));
  private Child child; // null before the first call
  private int calls;
  private long used; // by the last call, System.nanoTime()
  private boolean closed;

  /**
   * @param program is started as {@value #COMMAND}
   */
  @SuppressWarnings("FutureReturnValueIgnored") // it ends with the clock
  public InferenceProcess(Program program) {
    this.program = program;
    clock.scheduleWithFixedDelay(this::endIfIdle, 1, 1, TimeUnit.MINUTES);
  }

  /**
   * Begins a call.
   *
   * @param limit of the time until the last answer
   * @throws IOException if no process can be started
   * @throws LostProcessException if the process ended just now, or this is closed
   */
  public Call call(Frame.Kind kind, Record request, Duration limit) throws IOException {
    Call call = begun(limit);
    call.child.send(Frame.of(call.number, kind, request));
    return call;
  }

  private synchronized Call begun(Duration limit) throws IOException {
    if (closed) {
      throw new LostProcessException("the service is stopping: retry later");
    }
    if (child == null || !child.isAlive()) {
      child = new Child();
    }
    used = System.nanoTime();
    Call call = new Call(child, ++calls, limit);
    child.open.put(call.number, call);
    if (child.lost) {
      child.end(); // again: the first time may have missed this call
    }
    return call;
  }

  private synchronized void endIfIdle() {
    if (child != null
        && child.open.isEmpty()
        && System.nanoTime() - used > IDLE.toNanos()
        && child.isAlive()) {
      child.end();
    }
  }

  /** The process id, for tests; empty if none runs. */
  public synchronized OptionalLong pid() {
    return child != null && child.isAlive()
        ? OptionalLong.of(child.process.pid())
        : OptionalLong.empty();
  }

  /** One process. */
  private final class Child {
    private final Process process;
    private final DataOutputStream out;
    private final Map<Integer, Call> open = new ConcurrentHashMap<>();
    private volatile boolean lost;

    Child() throws IOException {
      ProcessBuilder builder = program.process(List.of(COMMAND)).redirectError(Redirect.INHERIT);
      NICE.ifPresent(nice -> builder.command().addAll(0, List.of(nice, "-n", PRIORITY)));
      new Slot.Cpu().prepare(builder.environment()); // GPUs are for training
      process = builder.start();
      out = new DataOutputStream(new BufferedOutputStream(process.getOutputStream()));
      Thread reader = Threads.daemons("inference reader").newThread(this::read);
      reader.start();
      LOG.info("inference process {} started", process.pid());
    }

    boolean isAlive() {
      return !lost && process.isAlive();
    }

    synchronized void send(Frame frame) {
      try {
        frame.write(out);
      } catch (IOException e) {
        LOG.debug("the process has ended, as its calls will see", e);
        end();
      }
    }

    /** Stops a call, and the whole process if it does not answer that. */
    @SuppressWarnings("FutureReturnValueIgnored") // it ends with the clock
    void stop(Call call) {
      if (!clock.isShutdown()) {
        clock.schedule(
            () -> {
              if (open.containsKey(call.number)) {
                LOG.warn("inference process {} does not stop: it is ended", process.pid());
                end();
              }
            },
            GRACE.toMillis(),
            TimeUnit.MILLISECONDS);
      }
      send(Frame.of(call.number, Frame.Kind.STOP, "")); // waits while the process reads nothing
    }

    private void read() {
      try (DataInputStream in =
          new DataInputStream(new BufferedInputStream(process.getInputStream()))) {
        for (Frame frame = Frame.read(in); frame != null; frame = Frame.read(in)) {
          Call call = frame.kind().isLast() ? open.remove(frame.call()) : open.get(frame.call());
          if (call != null) {
            call.answers.add(frame);
          }
        }
      } catch (IOException e) {
        LOG.debug("the process died while it answered, or wrote something else", e);
      }
      end();
      LOG.info("inference process {} ended", process.pid());
    }

    /** Ends the process, and tells its calls. */
    void end() {
      lost = true;
      process.destroyForcibly(); // there is nothing to save
      open.values().forEach(call -> call.answers.add(Call.LOST));
      open.clear();
    }
  }

  /** One request and its answers. Closing it early stops the work. */
  public static final class Call implements AutoCloseable {
    private static final Frame LOST = Frame.of(0, Frame.Kind.BUSY, ""); // no call has number 0

    private final Child child;
    private final int number;
    private final long deadline; // System.nanoTime()
    private final BlockingQueue<Frame> answers = new LinkedBlockingQueue<>(); // bounded by lengths
    private boolean ended;

    private Call(Child child, int number, Duration limit) {
      this.child = child;
      this.number = number;
      deadline = System.nanoTime() + limit.toNanos();
    }

    /**
     * Waits for the next answer.
     *
     * @throws LostProcessException if there is none, in time
     */
    public Frame next() {
      try {
        Frame frame = answers.poll(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
        if (frame == null) {
          throw new LostProcessException("it took too long: ask for less, or retry later");
        }
        ended = frame.kind().isLast();
        if (frame.call() == LOST.call()) {
          throw new LostProcessException(
              "the process that has the models loaded ended unexpectedly: retry; the next request"
                  + " starts another");
        }
        return frame;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new LostProcessException("the service is stopping: retry later");
      }
    }

    @Override
    public void close() {
      if (!ended) {
        child.stop(this);
      }
    }
  }

  @Override
  public void close() {
    synchronized (this) {
      closed = true;
      if (child != null) {
        child.end();
      }
    }
    clock.shutdownNow();
  }
}
