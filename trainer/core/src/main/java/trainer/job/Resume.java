package trainer.job;

/** What to do with a run that is already in the output directory. */
public enum Resume {
  /** Resume it; begin a new run where there is none. */
  AUTO,
  /** Begin a new run; the old one is renamed, not deleted. */
  NEVER,
  /** Resume it; fail where there is none. */
  REQUIRED
}
