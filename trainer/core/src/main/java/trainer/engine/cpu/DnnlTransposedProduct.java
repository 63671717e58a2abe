package trainer.engine.cpu;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_WEIGHTS;
import static trainer.engine.cpu.DnnlPackedProduct.any;
import static trainer.engine.cpu.DnnlPackedProduct.layout;

import java.util.HashMap;
import java.util.Map;
import org.bytedeco.dnnl.IntMemoryMap;
import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.matmul;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.reorder;
import org.bytedeco.dnnl.stream;

/**
 * leftᵀ · right with factors in bfloat16, by oneDNN's matmul primitive. Reorders convert and pack
 * both operands before each product.
 */
final class DnnlTransposedProduct implements Products.Transposed {
  private final engine processor;
  private final stream queue;
  private final NativeMemory owner;
  private final Matrix left;
  private final Matrix right;
  private final Matrix result;
  private final Map<Integer, Plan> plans = new HashMap<>(); // by rows
  private final Plan whole;

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
    whole = new Plan(left.rows(), null);
    plans.put(left.rows(), whole);
  }

  @Override
  public void multiply(int rows) {
    plans.computeIfAbsent(rows, count -> new Plan(count, whole)).execute();
  }

  /** The product over a number of rows. */
  private final class Plan {
    private final matmul product;
    private final Factor first;
    private final Factor second;
    private final IntMemoryMap arguments = owner.own(new IntMemoryMap());

    /**
     * @param larger lends its memory; null: none
     */
    Plan(int rows, Plan larger) {
      int inner = left.columns();
      int columns = right.columns();
      memory.desc resultLayout = owner.own(layout(inner, columns, result.stride(), 1));
      matmul.desc operation =
          owner.own(
              new matmul.desc(
                  any(owner, inner, rows, memory.data_type.bf16),
                  any(owner, rows, columns, memory.data_type.bf16),
                  resultLayout));
      matmul.primitive_desc plan = owner.own(new matmul.primitive_desc(operation, processor));
      product = owner.own(new matmul(plan));
      first =
          new Factor(
              left,
              layout(inner, rows, 1, left.stride()),
              plan.src_desc(),
              larger == null ? null : larger.first);
      second =
          new Factor(
              right,
              layout(rows, columns, right.stride(), 1),
              plan.weights_desc(),
              larger == null ? null : larger.second);
      arguments.put(DNNL_ARG_SRC, first.packed);
      arguments.put(DNNL_ARG_WEIGHTS, second.packed);
      arguments.put(DNNL_ARG_DST, owner.own(new memory(resultLayout, processor, result.pointer())));
    }

    void execute() {
      first.load();
      second.load();
      product.execute(queue, arguments);
    }
  }

  /** A factor in the layout of the product. */
  private final class Factor {
    private final memory plain;
    private final memory packed;
    private final reorder convert;

    Factor(Matrix matrix, memory.desc layout, memory.desc packedLayout, Factor larger) {
      owner.own(layout);
      owner.own(packedLayout);
      plain = owner.own(new memory(layout, processor, matrix.pointer()));
      boolean fits =
          larger != null && packedLayout.get_size() <= larger.packed.get_desc().get_size();
      packed =
          owner.own(
              fits
                  ? new memory(packedLayout, processor, larger.packed.get_data_handle())
                  : new memory(packedLayout, processor));
      convert = owner.own(new reorder(plain, packed));
    }

    void load() {
      convert.execute(queue, plain, packed);
    }
  }
}
