package trainer.cuda;

/** What is to be done when something cannot be made to the end. */
public final class Failure {
  private Failure() {}

  /**
   * Closes what was made so far. What goes wrong meanwhile does not hide the failure: it is added
   * to it.
   *
   * @param made the last first; null where it was not
   */
  public static void closing(Throwable failure, AutoCloseable... made) {
    for (AutoCloseable one : made) {
      try {
        if (one != null) {
          one.close();
        }
      } catch (Exception e) {
        failure.addSuppressed(e);
      }
    }
  }
}
