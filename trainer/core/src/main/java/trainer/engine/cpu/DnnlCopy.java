package trainer.engine.cpu;

import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.reorder;
import org.bytedeco.dnnl.stream;

/** A oneDNN reorder primitive: copies blocks of rows or columns, and rounds. */
final class DnnlCopy implements Products.Copy {
  private final stream queue;
  private final memory source;
  private final memory destination;
  private final reorder copy;

  DnnlCopy(engine processor, stream queue, NativeMemory owner, Matrix from, Matrix to) {
    this.queue = queue;
    int rows = Math.min(from.rows(), to.rows());
    int columns = Math.min(from.columns(), to.columns());
    source = owner.own(new memory(owner.own(blocks(from, rows, columns)), processor, null));
    destination = owner.own(new memory(owner.own(blocks(to, rows, columns)), processor, null));
    copy = owner.own(new reorder(source, destination));
  }

  /** A matrix as [blocks, rows, columns]. */
  private static memory.desc blocks(Matrix matrix, int rows, int columns) {
    boolean below = matrix.rows() > rows;
    return new memory.desc(
        new long[] {below ? matrix.rows() / rows : matrix.columns() / columns, rows, columns},
        DnnlPackedProduct.type(matrix),
        new long[] {below ? (long) rows * matrix.stride() : columns, matrix.stride(), 1});
  }

  @Override
  public void run(Matrix from, Matrix to) {
    source.set_data_handle(from.pointer());
    destination.set_data_handle(to.pointer());
    copy.execute(queue, source, destination);
  }
}
