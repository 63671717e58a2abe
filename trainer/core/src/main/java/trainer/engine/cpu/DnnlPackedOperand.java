package trainer.engine.cpu;

import java.util.concurrent.atomic.AtomicLong;
import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.reorder;
import org.bytedeco.dnnl.stream;

/** A right operand in oneDNN's preferred layout, of one product or of several that are alike. */
final class DnnlPackedOperand {
  private final memory unpacked;
  private final memory packed;
  private final reorder pack;
  private final AtomicLong loads = new AtomicLong();
  private int products;

  DnnlPackedOperand(NativeMemory owner, engine processor, memory unpacked, memory.desc layout) {
    this.unpacked = unpacked;
    packed = owner.own(new memory(layout, processor));
    pack = owner.own(new reorder(unpacked, packed));
  }

  /** The operand for one more product. */
  memory use() {
    products++;
    return packed;
  }

  /** Packs the current values, once for all products. */
  void load(stream queue) {
    if (loads.getAndIncrement() % products == 0) {
      pack.execute(queue, unpacked, packed);
    }
  }
}
