package trainer.cli.console;

/** Exit codes besides 0, and 128 plus the number of a signal. */
public final class ExitCode {
  /** Training or the machine failed: a retry may succeed. */
  public static final int FAILED = 1;

  /** The command line, a configuration or an input is invalid: a retry would fail too. */
  public static final int USAGE = 2;

  private ExitCode() {}
}
