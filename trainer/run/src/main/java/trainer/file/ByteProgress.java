package trainer.file;

/** Is told how far a long piece of work has come. */
@FunctionalInterface
public interface ByteProgress {
  /**
   * Called every few tens of kilobytes, in the thread that works. A count lower than the one before
   * starts another pass over the same text.
   *
   * @param done bytes done
   * @param total bytes to do; -1 when not known
   */
  void report(long done, long total);

  /** Tells nobody. */
  static ByteProgress none() {
    return (done, total) -> {};
  }
}
