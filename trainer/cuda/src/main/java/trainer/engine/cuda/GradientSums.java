package trainer.engine.cuda;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import trainer.cuda.DeviceMemory;
import trainer.cuda.Gpu;
import trainer.cuda.HostMemory;
import trainer.engine.Allreduce;

/**
 * The sums of the gradients of GPUs that train together, in {@link trainer.engine.TreeOrder}: where
 * all can use each other's memory, each adds a slice for all (peers.cu), else the host adds. Every
 * GPU makes the same calls, from a thread of its own. No GPU waits for another one: the threads
 * meet when their GPUs have finished.
 */
final class GradientSums {
  private static final Logger LOG = LoggerFactory.getLogger(GradientSums.class);

  /** Most GPUs that add, as in peers.cu. */
  static final int MOST_GPUS = 16;

  private final Device device;
  private final Allreduce allreduce;
  private final long gradient;
  private final long bytes;
  private final HostMemory exchanged;
  private final float[] sums; // on the host
  private List<Long> gradients; // addresses for the kernel; empty: the host adds
  private boolean compared; // whether the GPUs were found to add as the host does

  /** A GPU, and the address of its gradient. */
  private record Peer(Gpu gpu, long gradient) {}

  /**
   * @param memory holds what the host needs
   * @param gradient address of [length]
   */
  GradientSums(Device device, DeviceMemory memory, Allreduce allreduce, long gradient, int length) {
    this.device = device;
    this.allreduce = allreduce;
    this.gradient = gradient;
    bytes = (long) length * Float.BYTES;
    exchanged = memory.host(bytes);
    sums = new float[length];
    List<Peer> peers = allreduce.meet(new Peer(device.gpu(), gradient));
    Optional<String> obstacle = obstacle(peers);
    obstacle.ifPresent(reason -> LOG.info("the host adds the gradients of the GPUs: {}", reason));
    boolean all = allreduce.meet(obstacle.isEmpty()).stream().allMatch(reached -> reached);
    gradients = all && obstacle.isEmpty() ? addresses(peers) : List.of();
  }

  /** Why this GPU does not add in the memory of all others. */
  private Optional<String> obstacle(List<Peer> peers) {
    if (!DeviceSettings.peers()) {
      return Optional.of(DeviceSettings.variable(DeviceSettings.PEERS) + " is off");
    }
    if (peers.isEmpty() || peers.size() > MOST_GPUS) {
      return Optional.of("they are not 2 to %d of this machine".formatted(MOST_GPUS));
    }
    Gpu own = device.gpu();
    return peers.stream()
        .map(Peer::gpu)
        .filter(other -> other != own && !own.reach(other))
        .map(
            other ->
                "%s cannot use the memory of %s"
                    .formatted(own.properties().text(), other.properties().text()))
        .findFirst();
  }

  private static List<Long> addresses(List<Peer> peers) {
    List<Long> addresses = new ArrayList<>(Collections.nCopies(MOST_GPUS, 0L));
    for (int rank = 0; rank < peers.size(); rank++) {
      addresses.set(rank, peers.get(rank).gradient());
    }
    return addresses;
  }

  /**
   * Replaces the gradient by the sum of all. The first sum is made both ways: a driver may promise
   * access that does not work, for example behind an IOMMU.
   */
  void run() {
    if (compared) {
      addOnDevices();
      return;
    }
    read();
    device.checkBlocks();
    floats().get(sums);
    allreduce.start(sums);
    allreduce.await();
    compared = !gradients.isEmpty() && devicesAddTheSame();
    if (!compared) {
      floats().put(sums);
      device.gpu().copyToDevice(gradient, exchanged.pointer(), bytes);
    }
  }

  private boolean devicesAddTheSame() {
    addOnDevices();
    read();
    boolean same = floats().equals(FloatBuffer.wrap(sums));
    if (allreduce.meet(same).stream().allMatch(found -> found)) {
      return true;
    }
    gradients = List.of();
    if (!same) {
      LOG.warn(
          "{} has wrong sums after the GPUs have added in each other's memory: the host adds the"
              + " gradients",
          device.gpu().properties().text());
    }
    return false;
  }

  private void addOnDevices() {
    device.gpu().synchronize();
    device.checkBlocks();
    allreduce.meet(true); // all gradients are there
    int from = slice(allreduce.rank());
    int to = slice(allreduce.rank() + 1);
    device
        .kernels()
        .forElements("sum_gradients", to - from, gradients, allreduce.ranks(), from, to);
    device.gpu().synchronize();
    allreduce.meet(true); // all sums are there
  }

  /** Where the slice of a rank begins. */
  private int slice(int rank) {
    return (int) ((long) sums.length * rank / allreduce.ranks());
  }

  private void read() {
    device.gpu().copyToHost(exchanged.pointer(), gradient, bytes);
    device.gpu().synchronize();
  }

  private FloatBuffer floats() {
    return exchanged.buffer().asFloatBuffer();
  }
}
