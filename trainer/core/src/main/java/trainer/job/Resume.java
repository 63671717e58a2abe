package trainer.job;

/** How to treat an existing run in the output directory. */
public enum Resume {
  /** Resume it; start a new run if there is none. */
  AUTO,
  /** Start a new run; the old one is renamed, not deleted. */
  NEVER,
  /** Resume it; fail if there is none. */
  REQUIRED
}
