package trainer.service.worker;

import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import trainer.service.devices.DeviceSurvey;
import trainer.service.runs.DeviceKind;

/** Where one run at a time is trained. */
public sealed interface Slot {
  /** Which GPUs CUDA shows a process. */
  String VISIBLE = "CUDA_VISIBLE_DEVICES";

  /** For people, such as {@code gpu 0}. */
  String name();

  /** Which runs are trained there first of all. */
  DeviceKind device();

  /** What a process that is trained there must find in its environment. */
  void prepare(Map<String, String> environment);

  /** The processors, or a part of them. No GPU is shown, so that none is shared by accident. */
  record Cpu() implements Slot {
    @Override
    public String name() {
      return "cpu";
    }

    @Override
    public DeviceKind device() {
      return DeviceKind.CPU;
    }

    @Override
    public void prepare(Map<String, String> environment) {
      environment.put(VISIBLE, "");
    }
  }

  /**
   * A GPU.
   *
   * @param index among those that this service has
   * @param visible its name for CUDA: its index or its identifier
   */
  record Gpu(int index, String visible) implements Slot {
    @Override
    public String name() {
      return "gpu " + index;
    }

    @Override
    public DeviceKind device() {
      return DeviceKind.GPU;
    }

    @Override
    public void prepare(Map<String, String> environment) {
      environment.put(DeviceSurvey.ORDER, DeviceSurvey.BY_BUS);
      environment.put(VISIBLE, visible);
    }
  }

  /** Slots on the processors alone. */
  static List<Slot> cpus(int number) {
    return Collections.nCopies(number, new Cpu());
  }

  /**
   * The slots of a service, those of GPUs first, since what can be trained anywhere is faster
   * there.
   *
   * @param cpus null: 1 where there are no GPUs, else 0
   * @param gpus null: all
   * @param found GPUs of this machine that can be trained on
   * @param visible what {@link #VISIBLE} is for the service itself, or null
   * @throws IllegalArgumentException if there are not so many GPUs, or no slot at all
   */
  static List<Slot> of(Integer cpus, Integer gpus, int found, String visible) {
    if (gpus != null && gpus > found) {
      throw new IllegalArgumentException(
          "gpus %d: this machine has %d that can be trained on; 'devices' says more"
              .formatted(gpus, found));
    }
    int used = gpus == null ? found : gpus;
    String[] names = visible == null || visible.isBlank() ? new String[0] : visible.split(",", -1);
    List<Slot> slots = new ArrayList<>();
    for (int i = 0; i < used; i++) {
      slots.add(new Gpu(i, i < names.length ? names[i].strip() : Integer.toString(i)));
    }
    int processors = cpus != null ? cpus : used == 0 ? 1 : 0;
    slots.addAll(cpus(processors));
    if (slots.isEmpty()) {
      throw new IllegalArgumentException(
          "slots 0: this machine has no GPU, so no run would be trained: set slots to 1 or more");
    }
    return List.copyOf(slots);
  }

  /**
   * The runs that a slot takes: those that need what it is or nothing in particular, and those that
   * would otherwise wait for ever.
   *
   * @param all slots of the same service
   * @param shared whether others take runs from the same queue
   */
  static Set<DeviceKind> served(Slot slot, List<Slot> all, boolean shared) {
    Set<DeviceKind> served = EnumSet.of(DeviceKind.ANY, slot.device());
    for (DeviceKind other : List.of(DeviceKind.CPU, DeviceKind.GPU)) {
      boolean elsewhere = all.stream().anyMatch(each -> each.device() == other);
      boolean runsHere =
          slot.device() == DeviceKind.GPU || !shared; // alone it says what is missing
      if (!elsewhere && runsHere) {
        served.add(other);
      }
    }
    return served;
  }
}
