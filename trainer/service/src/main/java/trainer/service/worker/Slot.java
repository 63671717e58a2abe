package trainer.service.worker;

import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import trainer.service.devices.DeviceSurvey;
import trainer.service.runs.DeviceKind;

/** A place to train one run at a time. */
public sealed interface Slot {
  /** The GPUs that CUDA shows a process. */
  String VISIBLE = "CUDA_VISIBLE_DEVICES";

  /** For people, such as {@code gpu 0}. */
  String name();

  /** The kind of runs it serves first. */
  DeviceKind device();

  /** The slots of the worker that it is made of. */
  default List<Slot> parts() {
    return List.of(this);
  }

  /** Sets the environment of a process in this slot. */
  void prepare(Map<String, String> environment);

  /** A share of the CPUs. GPUs are hidden, so none is shared by accident. */
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
   * One GPU.
   *
   * @param index among those of this service
   * @param visible its CUDA index or identifier
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

  /** Several GPUs, for one run. */
  record Gpus(List<Gpu> each) implements Slot {
    @Override
    public String name() {
      return each.stream().map(Gpu::name).collect(Collectors.joining(", "));
    }

    @Override
    public DeviceKind device() {
      return DeviceKind.GPU;
    }

    @Override
    public List<Slot> parts() {
      return List.copyOf(each);
    }

    @Override
    public void prepare(Map<String, String> environment) {
      String all = each.stream().map(Gpu::visible).collect(Collectors.joining(","));
      new Gpu(0, all).prepare(environment);
    }
  }

  /** The GPUs among some slots. */
  static List<Gpu> gpus(List<Slot> slots) {
    return slots.stream().filter(Gpu.class::isInstance).map(Gpu.class::cast).toList();
  }

  /** CPU slots. */
  static List<Slot> cpus(int number) {
    return Collections.nCopies(number, new Cpu());
  }

  /**
   * The slots of a service, GPUs first because they are faster.
   *
   * @param cpus null: 1 without GPUs, else 0
   * @param gpus null: all
   * @param found usable GPUs of this machine
   * @param visible {@link #VISIBLE} of the service itself, or null
   * @throws IllegalArgumentException if there are too few GPUs, or no slot at all
   */
  static List<Slot> of(Integer cpus, Integer gpus, int found, String visible) {
    if (gpus != null && gpus > found) {
      throw new IllegalArgumentException(
          "gpus %d: this machine has %d usable GPUs; see 'devices'".formatted(gpus, found));
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
   * The kinds of runs a slot takes: its own, unrestricted ones, and kinds that no slot serves.
   *
   * @param all slots of this service
   * @param shared whether other services share the queue
   */
  static Set<DeviceKind> served(Slot slot, List<Slot> all, boolean shared) {
    Set<DeviceKind> served = EnumSet.of(DeviceKind.ANY, slot.device());
    for (DeviceKind other : List.of(DeviceKind.CPU, DeviceKind.GPU)) {
      boolean elsewhere = all.stream().anyMatch(each -> each.device() == other);
      boolean runsHere =
          slot.device() == DeviceKind.GPU || !shared; // if alone, the run fails with a reason
      if (!elsewhere && runsHere) {
        served.add(other);
      }
    }
    return served;
  }
}
