package trainer.cli.console;

/** How a process is given more of Java's memory: another way where a service has started it. */
public final class JavaMemory {
  /** Tells a process that a service has started it. */
  public static final String SERVED = "-Dtrainer.served=true";

  private static final boolean IS_SERVED = Boolean.getBoolean("trainer.served");

  private JavaMemory() {}

  /** What the limit is called. */
  public static String limit() {
    return IS_SERVED ? "heap_megabytes of the service" : "-Xmx";
  }

  /** What to do where it was too little. */
  public static String remedy() {
    return IS_SERVED
        ? "let the service give its runs more, as in serve --heap-megabytes 4000"
        : "give Java more, as in java -Xmx4g -jar trainer.jar";
  }
}
