package trainer.cli.console;

/** Advice for raising the JVM's memory limit, for a shell or under a service. */
public final class JavaMemory {
  /** Set by a service for its processes. */
  public static final String SERVED = "-Dtrainer.served=true";

  private static final boolean IS_SERVED = Boolean.getBoolean("trainer.served");

  private JavaMemory() {}

  /** The name of the limit. */
  public static String limit() {
    return IS_SERVED ? "heap_megabytes of the service" : "-Xmx";
  }

  /** How to raise it. */
  public static String remedy() {
    return IS_SERVED
        ? "raise the service's limit for runs, as in serve --heap-megabytes 4000"
        : "raise the JVM's limit, as in java -Xmx4g -jar trainer.jar";
  }
}
