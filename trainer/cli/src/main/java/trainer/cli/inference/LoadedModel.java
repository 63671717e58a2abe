package trainer.cli.inference;

import java.util.concurrent.locks.ReentrantLock;
import trainer.checkpoint.SavedNetwork;
import trainer.config.Compute;
import trainer.config.Data;
import trainer.engine.Inference;
import trainer.sampling.Conversation;
import trainer.text.Vocabulary;

/**
 * A model that is ready to write. Several texts take turns, because a network has one caller at a
 * time. It computes on one thread: other processors are for training, and a step of one lane is too
 * short to share.
 */
final class LoadedModel implements AutoCloseable {
  private final Inference network;
  private final Vocabulary vocabulary;
  private final Data data;
  private final String fingerprint;
  private final long bytes;
  private final ReentrantLock turn = new ReentrantLock(true); // fair

  int users; // guarded by the models
  long used = System.nanoTime(); // likewise

  private LoadedModel(
      Inference network, Vocabulary vocabulary, Data data, String fingerprint, long bytes) {
    this.network = network;
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

  /** A text from zero state. Use it in turns only. */
  Conversation conversation() {
    return new Conversation(network, vocabulary);
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
