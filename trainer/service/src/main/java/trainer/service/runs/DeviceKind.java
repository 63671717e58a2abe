package trainer.service.runs;

import java.util.Locale;

/** What a run must be trained on. */
public enum DeviceKind {
  /** Whatever is free. */
  ANY,

  /** A processor, since it would leave a GPU idle. */
  CPU,

  /** A GPU, since it would fail elsewhere. */
  GPU;

  /** As the database has it. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
