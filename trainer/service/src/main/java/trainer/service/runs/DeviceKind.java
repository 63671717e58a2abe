package trainer.service.runs;

import java.util.Locale;

/** The kind of device a run requires. */
public enum DeviceKind {
  /** Any. */
  ANY,

  /** A CPU: the run would leave a GPU idle. */
  CPU,

  /** A GPU: the run would fail without one. */
  GPU;

  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
