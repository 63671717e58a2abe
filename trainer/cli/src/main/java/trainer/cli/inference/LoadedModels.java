package trainer.cli.inference;

import java.nio.file.Path;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import trainer.checkpoint.Checkpoint;
import trainer.checkpoint.RunArgument;
import trainer.checkpoint.SavedNetwork;
import trainer.config.Configuration;
import trainer.file.ShellWord;
import trainer.network.NetworkSize;
import trainer.run.RunException;

/**
 * Models that stay loaded, each once, known by the fingerprint of its checkpoint. Together they are
 * bounded in memory: those unused for longest are closed for others.
 */
final class LoadedModels implements AutoCloseable {
  private final long mostBytes;
  private final Object loading = new Object(); // held while a model is read
  private final Map<String, LoadedModel> models = new LinkedHashMap<>(16, 0.75f, true);
  private long bytes;

  /**
   * @param mostBytes maximum memory of all models
   */
  LoadedModels(long mostBytes) {
    this.mostBytes = mostBytes;
  }

  /** All models that are loaded are in use, and there is no room for another. */
  static final class FullException extends RuntimeException {
    private static final long serialVersionUID = 1;

    FullException() {
      super("the models in use fill the memory: retry in a few seconds");
    }
  }

  /** A model in use until it is closed. */
  final class Held implements AutoCloseable {
    private final LoadedModel model;

    private Held(LoadedModel model) {
      this.model = model;
    }

    LoadedModel model() {
      return model;
    }

    @Override
    public void close() {
      synchronized (models) {
        model.users--;
        model.used = System.nanoTime();
      }
    }
  }

  /**
   * Takes a model, and loads it first if that is needed.
   *
   * @param run directory
   * @throws RunException if it cannot be loaded
   * @throws FullException if there is no room now
   */
  Held take(Path run) {
    Path file = RunArgument.resolve(run);
    String fingerprint = Checkpoint.fingerprint(file);
    Held held = held(fingerprint);
    if (held != null) {
      return held;
    }
    synchronized (loading) { // one at a time: loading needs more memory than the model
      held = held(fingerprint);
      return held == null ? load(file, fingerprint) : held;
    }
  }

  private Held held(String fingerprint) {
    synchronized (models) {
      LoadedModel model = models.get(fingerprint);
      if (model == null) {
        return null;
      }
      model.users++;
      return new Held(model);
    }
  }

  private Held load(Path file, String fingerprint) {
    SavedNetwork saved = SavedNetwork.open(file);
    long needed = bytes(saved.configuration(), saved.vocabulary().size());
    if (needed > mostBytes) {
      throw new RunException(
          String.format(
              Locale.ROOT,
              "%s: the model needs %,d MB, more than the %,d MB for models: raise inference_heap_megabytes of the service to %d",
              ShellWord.shown(file),
              megabytes(needed),
              megabytes(mostBytes),
              megabytes(needed * Runtime.getRuntime().maxMemory() / mostBytes)));
    }
    synchronized (models) {
      makeRoom(needed);
      bytes += needed;
    }
    LoadedModel model = null;
    try {
      model = LoadedModel.of(saved, fingerprint, needed);
    } finally {
      if (model == null) {
        synchronized (models) {
          bytes -= needed;
        }
      }
    }
    synchronized (models) {
      models.put(fingerprint, model);
      model.users++;
      return new Held(model);
    }
  }

  private static long megabytes(long bytes) {
    return (bytes + 999_999) / 1_000_000;
  }

  /** Parameters and gradient, and what the optimizer keeps, for which engines have room too. */
  private static long bytes(Configuration configuration, int vocabulary) {
    NetworkSize size =
        NetworkSize.of(configuration.model(), configuration.training().optimizer(), vocabulary);
    return Float.BYTES * (2 * size.parameters() + size.updaterState());
  }

  private void makeRoom(long needed) {
    Iterator<LoadedModel> unusedForLongest = models.values().iterator();
    while (bytes + needed > mostBytes && unusedForLongest.hasNext()) {
      LoadedModel model = unusedForLongest.next();
      if (model.users == 0) {
        unusedForLongest.remove();
        close(model);
      }
    }
    if (bytes + needed > mostBytes) {
      throw new FullException();
    }
  }

  private void close(LoadedModel model) {
    bytes -= model.bytes();
    model.close();
  }

  /** Closes models that nobody has used for this long. */
  void closeUnused(long nanoseconds) {
    synchronized (models) {
      models
          .values()
          .removeIf(
              model -> {
                boolean unused = model.users == 0 && System.nanoTime() - model.used > nanoseconds;
                if (unused) {
                  close(model);
                }
                return unused;
              });
    }
  }

  /** Memory of the models that are loaded. */
  long bytes() {
    synchronized (models) {
      return bytes;
    }
  }

  /** How many are loaded. */
  int count() {
    synchronized (models) {
      return models.size();
    }
  }

  @Override
  public void close() {
    closeUnused(-1);
  }
}
