package trainer.cli.inference;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import trainer.checkpoint.RunArgument;
import trainer.checkpoint.SavedNetwork;
import trainer.config.Data.UnknownCharacters;
import trainer.config.Layer;
import trainer.file.TrainerException;
import trainer.insight.Explanation;
import trainer.insight.ExplanationJob;
import trainer.insight.ExplanationJob.Part;
import trainer.insight.ExplanationJson;
import trainer.service.inference.ExplanationRequest;
import trainer.service.inference.Frame;
import trainer.service.inference.Frame.Kind;
import trainer.service.inference.GenerationRequest;
import trainer.text.Prompt;
import trainer.text.TextException;
import trainer.training.StopSignal;

/** The other end of {@link trainer.service.inference.InferenceProcess}. */
final class InferenceServer {
  private static final long UNUSED_MINUTES = 10;
  private static final long POLL_MILLISECONDS = 100;
  private static final long MOST_STATES = 4_000_000; // of units at all places of a text

  private final LoadedModels models;
  private final DataInputStream in;
  private final DataOutputStream out;
  private final Runnable outOfMemory;
  private final Map<Integer, StopSignal> calls = new ConcurrentHashMap<>();
  private final Semaphore explaining = new Semaphore(1, true); // it uses all processors

  /**
   * @param outOfMemory called after the call that had too little memory was answered
   */
  InferenceServer(LoadedModels models, InputStream in, OutputStream out, Runnable outOfMemory) {
    this.models = models;
    this.in = new DataInputStream(new BufferedInputStream(in));
    this.out = new DataOutputStream(new BufferedOutputStream(out));
    this.outOfMemory = outOfMemory;
  }

  /** Answers until the input ends. */
  @SuppressWarnings("FutureReturnValueIgnored") // a call answers its own failure
  void serve() throws IOException {
    ExecutorService threads = Executors.newCachedThreadPool();
    try {
      for (Frame frame = Frame.read(in); frame != null; frame = Frame.read(in)) {
        Frame request = frame;
        if (request.kind() == Kind.STOP) {
          StopSignal stop = calls.get(request.call());
          if (stop != null) {
            stop.request("the client is gone");
          }
        } else {
          StopSignal stop = new StopSignal();
          calls.put(request.call(), stop);
          threads.submit(() -> answer(request, stop));
        }
        models.closeUnused(TimeUnit.MINUTES.toNanos(UNUSED_MINUTES));
      }
    } finally {
      calls.values().forEach(stop -> stop.request("the service has ended"));
      threads.shutdown();
    }
  }

  private void answer(Frame request, StopSignal stop) {
    int call = request.call();
    Frame last;
    boolean enough = true;
    try {
      last =
          request.kind() == Kind.GENERATE
              ? generate(call, request.as(GenerationRequest.class), stop)
              : explain(call, request.as(ExplanationRequest.class), stop);
    } catch (TextException e) {
      last = Frame.of(call, Kind.WRONG, e.getMessage());
    } catch (LoadedModels.FullException e) {
      last = Frame.of(call, Kind.BUSY, e.getMessage());
    } catch (TrainerException e) {
      last = Frame.of(call, Kind.FAILED, e.getMessage());
    } catch (Throwable e) {
      enough = !isOutOfMemory(e);
      last =
          enough
              ? Frame.of(call, Kind.FAILED, "unexpected " + e)
              : Frame.of(call, Kind.BUSY, "out of memory: ask for less, or retry later");
    }
    calls.remove(call);
    send(last);
    if (!enough) {
      outOfMemory.run();
    }
  }

  private static boolean isOutOfMemory(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof OutOfMemoryError) {
        return true;
      }
    }
    return false;
  }

  private Frame generate(int call, GenerationRequest request, StopSignal stop) {
    try {
      Generation.run(
          request,
          models,
          stop,
          start -> send(Frame.of(call, Kind.BEGUN, start)),
          piece -> send(Frame.of(call, Kind.PIECE, piece)));
    } catch (TextException e) {
      throw new TextException(e.getMessage() + "; leave it out", e);
    }
    return Frame.of(call, Kind.END, "");
  }

  private Frame explain(int call, ExplanationRequest request, StopSignal stop)
      throws IOException, InterruptedException {
    SavedNetwork read = SavedNetwork.open(RunArgument.resolve(Path.of(request.model())));
    SavedNetwork saved = // whose path is the service's business
        SavedNetwork.of(Path.of(request.name()), read.checkpoint());
    check(request, saved);
    while (!explaining.tryAcquire(POLL_MILLISECONDS, TimeUnit.MILLISECONDS)) {
      if (stop.requested()) {
        return Frame.of(call, Kind.END, "");
      }
    }
    try {
      Optional<Explanation> found =
          new ExplanationJob(saved)
              .text(request.text())
              .unknown(
                  request.replaceUnknown() ? UnknownCharacters.REPLACE : UnknownCharacters.ERROR)
              .parts(parts(request))
              .corpus(request.corpus() == null ? null : Path.of(request.corpus()))
              .stop(stop)
              .run();
      ByteArrayOutputStream json = new ByteArrayOutputStream();
      if (found.isPresent()) {
        ExplanationJson.write(found.get(), request.units(), json);
      }
      return new Frame(call, Kind.END, json.toByteArray());
    } finally {
      explaining.release();
    }
  }

  private static Set<Part> parts(ExplanationRequest request) {
    Set<Part> parts = EnumSet.noneOf(Part.class);
    if (request.units() > 0) {
      parts.add(Part.UNITS);
    }
    if (request.gates()) {
      parts.add(Part.GATES);
    }
    if (request.lag()) {
      parts.add(Part.LAG);
    }
    if (request.map()) {
      parts.add(Part.MAP);
    }
    if (request.corpus() != null) {
      parts.add(Part.COPIES);
    }
    return parts;
  }

  private static void check(ExplanationRequest request, SavedNetwork saved) {
    String text = Prompt.of(request.text(), saved.configuration().data());
    if (!request.replaceUnknown()) {
      try {
        saved.vocabulary().encode(text);
      } catch (TextException e) {
        throw new TextException(
            e.getMessage() + "; leave it out, or set \"unknown\" to \"replace\"", e);
      }
    }
    boolean remembers = request.units() > 0 || request.lag();
    int units = saved.configuration().model().layers().stream().mapToInt(Layer::size).sum();
    long most = MOST_STATES / units;
    if (remembers && text.codePointCount(0, text.length()) > most) {
      throw new TextException(
          String.format(
              Locale.ROOT,
              "with units, gates or lag, at most %,d characters of a network of %,d units can be explained",
              most,
              units));
    }
  }

  private void send(Frame frame) {
    synchronized (out) {
      try {
        frame.write(out);
      } catch (IOException e) {
        throw new UncheckedIOException("the service has ended", e);
      }
    }
  }
}
