package trainer.engine.cpu;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_WEIGHTS;
import static trainer.engine.cpu.DnnlPackedProduct.layout;
import static trainer.engine.cpu.DnnlPackedProduct.type;

import org.bytedeco.dnnl.IntMemoryMap;
import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.matmul;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.stream;

/**
 * leftᵀ · right of factors in bfloat16, by oneDNN's matmul primitive. It sums over all rows of the
 * right operand; those that are not asked for are set to zero.
 */
final class DnnlTransposedProduct implements Products.Transposed {
  private final stream queue;
  private final Matrix right;
  private final matmul product;
  private final IntMemoryMap arguments;

  DnnlTransposedProduct(
      engine processor,
      stream queue,
      NativeMemory owner,
      Matrix left,
      Matrix right,
      Matrix result) {
    this.queue = queue;
    this.right = right;
    int inner = left.columns();
    int rows = right.rows();
    int columns = right.columns();
    memory.desc first = owner.own(layout(type(left), inner, rows, 1, left.stride()));
    memory.desc second = owner.own(layout(type(right), rows, columns, right.stride(), 1));
    memory.desc sums = owner.own(layout(type(result), inner, columns, result.stride(), 1));
    matmul.desc operation = owner.own(new matmul.desc(first, second, sums));
    product = owner.own(new matmul(owner.own(new matmul.primitive_desc(operation, processor))));
    arguments = owner.own(new IntMemoryMap());
    arguments.put(DNNL_ARG_SRC, owner.own(new memory(first, processor, left.pointer())));
    arguments.put(DNNL_ARG_WEIGHTS, owner.own(new memory(second, processor, right.pointer())));
    arguments.put(DNNL_ARG_DST, owner.own(new memory(sums, processor, result.pointer())));
  }

  @Override
  public void multiply(int rows) {
    right.clearRows(rows);
    product.execute(queue, arguments);
  }
}
