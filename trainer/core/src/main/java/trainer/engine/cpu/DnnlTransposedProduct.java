package trainer.engine.cpu;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_WEIGHTS;
import static trainer.engine.cpu.DnnlPackedProduct.layout;
import static trainer.engine.cpu.DnnlPackedProduct.type;

import java.util.HashMap;
import java.util.Map;
import org.bytedeco.dnnl.IntMemoryMap;
import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.matmul;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.stream;

/** leftᵀ · right of factors in bfloat16, by oneDNN's matmul primitive. */
final class DnnlTransposedProduct implements Products.Transposed {
  private final engine processor;
  private final stream queue;
  private final NativeMemory owner;
  private final Matrix left;
  private final Matrix right;
  private final Matrix result;
  private final Map<Integer, Plan> plans = new HashMap<>(); // by rows

  /** The product over a number of rows. */
  private record Plan(matmul product, IntMemoryMap arguments) {}

  DnnlTransposedProduct(
      engine processor,
      stream queue,
      NativeMemory owner,
      Matrix left,
      Matrix right,
      Matrix result) {
    this.processor = processor;
    this.queue = queue;
    this.owner = owner;
    this.left = left;
    this.right = right;
    this.result = result;
    plans.put(left.rows(), plan(left.rows()));
  }

  @Override
  public void multiply(int rows) {
    Plan plan = plans.computeIfAbsent(rows, this::plan);
    plan.product.execute(queue, plan.arguments);
  }

  private Plan plan(int rows) {
    int inner = left.columns();
    int columns = right.columns();
    memory.desc first = owner.own(layout(type(left), inner, rows, 1, left.stride()));
    memory.desc second = owner.own(layout(type(right), rows, columns, right.stride(), 1));
    memory.desc sums = owner.own(layout(type(result), inner, columns, result.stride(), 1));
    matmul.desc operation = owner.own(new matmul.desc(first, second, sums));
    matmul product =
        owner.own(new matmul(owner.own(new matmul.primitive_desc(operation, processor))));
    IntMemoryMap arguments = owner.own(new IntMemoryMap());
    arguments.put(DNNL_ARG_SRC, owner.own(new memory(first, processor, left.pointer())));
    arguments.put(DNNL_ARG_WEIGHTS, owner.own(new memory(second, processor, right.pointer())));
    arguments.put(DNNL_ARG_DST, owner.own(new memory(sums, processor, result.pointer())));
    return new Plan(product, arguments);
  }
}
