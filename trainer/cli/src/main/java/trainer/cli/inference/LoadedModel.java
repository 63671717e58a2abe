package trainer.cli.inference;

import java.util.concurrent.locks.ReentrantLock;
import trainer.checkpoint.SavedNetwork;
import trainer.config.Compute;
import trainer.config.Compute.EngineType;
import trainer.config.Data;
import trainer.engine.Engine;
import trainer.engine.Inference;
import trainer.text.Vocabulary;
import trainer.training.EngineSelection;

/**
 * A model that is ready to write. Several texts take turns, because a network has one caller at a
 * time. It computes on one thread: other processors are for training, and a step of a few lanes is
 * too short to share.
 */
final class LoadedModel implements AutoCloseable {
  private static final int MOST_LANES = 16;

  private final Inference network;
  private final int lanes;
  private final Vocabulary vocabulary;
  private final Data data;
  private final String fingerprint;
  private final long bytes;
  private final ReentrantLock turn = new ReentrantLock(true); // fair

  int users; // guarded by the models
  long used = System.nanoTime(); // likewise

  private LoadedModel(
      Inference network,
      int lanes,
      Vocabulary vocabulary,
      Data data,
      String fingerprint,
      long bytes) {
    this.network = network;
    this.lanes = lanes;
    this.vocabulary = vocabulary;
    this.data = data;
    this.fingerprint = fingerprint;
    this.bytes = bytes;
  }

  /** Keeps neither the optimizer's state nor the other contents of the checkpoint. */
  static LoadedModel of(SavedNetwork saved, String fingerprint, long bytes) {
    Compute compute = saved.configuration().compute().alone();
    Compute alone = new Compute(compute.engine(), 1, compute.laneGroups(), compute.precision());
    SavedNetwork onOneThread =
        new SavedNetwork(
            saved.file(),
            saved.checkpoint(),
            saved.configuration().with(alone),
            saved.vocabulary());
    return new LoadedModel(
        onOneThread.inference(),
        EngineSelection.forReading(alone).provider().type() == EngineType.CPU ? MOST_LANES : 1,
        saved.vocabulary(),
        saved.configuration().data(),
        fingerprint,
        bytes);
  }

  Vocabulary vocabulary() {
    return vocabulary;
  }

  /** For the newlines and normalization of prompts. */
  Data data() {
    return data;
  }

  String fingerprint() {
    return fingerprint;
  }

  long bytes() {
    return bytes;
  }

  /** How many texts to read at once: as many as do not change each other's numbers. */
  int lanes() {
    return lanes;
  }

  /** A pass from zero state. Use it in turns only. */
  Engine.Session session(int lanes) {
    return network.session(lanes);
  }

  /** Computes while no other text does. */
  void turn(Runnable task) {
    turn.lock();
    try {
      task.run();
    } finally {
      turn.unlock();
    }
  }

  @Override
  public void close() {
    network.close();
  }
}
