package trainer.cuda;

/** Clean-up after a failed construction. */
public final class Failure {
  private Failure() {}

  /**
   * Closes resources. Exceptions while closing are added to the failure as suppressed.
   *
   * @param resources newest first; null elements are skipped
   */
  public static void closing(Throwable failure, AutoCloseable... resources) {
    for (AutoCloseable resource : resources) {
      try {
        if (resource != null) {
          resource.close();
        }
      } catch (Exception e) {
        failure.addSuppressed(e);
      }
    }
  }
}
