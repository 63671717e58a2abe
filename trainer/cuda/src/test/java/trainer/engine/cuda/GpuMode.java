package trainer.engine.cuda;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import trainer.config.Compute.Precision;
import trainer.config.Compute.Recurrence;
import trainer.cuda.KernelCache;
import trainer.cuda.LibrarySearch;

/** A configuration of the engine. */
record GpuMode(Precision precision, Recurrence recurrence) {

  /** Opens the GPU. */
  interface Opener {
    Device open(GpuMode mode);
  }

  /** The GPU of this machine. */
  static Opener thisMachine() {
    LibrarySearch search = LibrarySearch.ofThisMachine();
    KernelCache cache = KernelCache.ofThisMachine();
    boolean graphs = DeviceSettings.ofThisMachine(Recurrence.STEPS).graphs();
    return mode ->
        Device.open(search, cache, mode.precision(), new DeviceSettings(mode.recurrence(), graphs));
  }

  /** All modes with these precisions. */
  static List<GpuMode> of(Precision... precisions) {
    List<GpuMode> modes = new ArrayList<>();
    for (Precision precision : precisions) {
      for (Recurrence recurrence : Recurrence.fixed()) {
        modes.add(new GpuMode(precision, recurrence));
      }
    }
    return modes;
  }

  /**
   * Whether this mode checks a network. The persistent ways take turns, each with every other one:
   * their kernels take longer to compile than to run.
   */
  boolean checks(int network) {
    return recurrence == Recurrence.STEPS
        || (recurrence == Recurrence.CLUSTERS)
            == ((network + (precision == Precision.BFLOAT16 ? 1 : 0)) % 2 == 0);
  }

  /** Such as {@code tf32 persistent}. */
  static GpuMode parse(String text) {
    String[] words = text.toUpperCase(Locale.ROOT).split(" ", -1);
    return new GpuMode(Precision.valueOf(words[0]), Recurrence.valueOf(words[1]));
  }

  @Override
  public String toString() {
    return "%s %s".formatted(precision, recurrence).toLowerCase(Locale.ROOT);
  }
}
