package trainer.cli.console;

/** Exit codes of the program, besides 0, and 128 plus the number of a signal. */
public final class ExitCode {
  /** Training failed, or the machine did: another try may succeed. */
  public static final int FAILED = 1;

  /** The command line, a configuration or an input is wrong, and so would be another try. */
  public static final int USAGE = 2;

  private ExitCode() {}
}
