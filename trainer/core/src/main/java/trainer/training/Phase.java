package trainer.training;

/** What a job does between two training steps. */
public enum Phase {
  VALIDATING("validating"),
  SAMPLING("sampling"),
  WRITING_CHECKPOINT("writing checkpoint");

  private final String words;

  Phase(String words) {
    this.words = words;
  }

  /** Such as {@code writing checkpoint}. */
  @Override
  public String toString() {
    return words;
  }
}
