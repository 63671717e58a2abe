package trainer.file;

/** Receives the progress of a long operation. */
@FunctionalInterface
public interface ByteProgress {
  /**
   * Called every few tens of kilobytes, in the working thread. A lower count than before means
   * another pass over the same text.
   *
   * @param done bytes done
   * @param total -1: unknown
   */
  void report(long done, long total);

  /** Ignores progress. */
  static ByteProgress none() {
    return (done, total) -> {};
  }
}
