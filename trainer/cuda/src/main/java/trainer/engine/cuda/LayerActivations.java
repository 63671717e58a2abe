package trainer.engine.cuda;

import trainer.cell.CellLayout;
import trainer.cuda.DeviceMemory;
import trainer.cuda.Matrix;
import trainer.cuda.Products;
import trainer.engine.PassSize;

/**
 * Activations of a recurrent layer's forward pass.
 *
 * @param gates [steps · lanes, gates · H]: x W, then the gates
 * @param states h: [(steps + 1) · lanes, H], the first is carried in; a factor
 * @param cells c of an LSTM, like h; else null
 * @param outputs [steps · lanes, H]: h of every step, with dropout; a factor
 */
record LayerActivations(Matrix gates, Matrix states, Matrix cells, Matrix outputs) {

  static LayerActivations allocate(
      Device device,
      DeviceMemory memory,
      PassSize size,
      CellLayout cell,
      int units,
      boolean drops) {
    int rows = size.rows();
    Products products = device.products();
    Matrix states = products.factor(memory, memory.matrix(rows + size.lanes(), units));
    return new LayerActivations(
        memory.matrix(rows, cell.sums() * units),
        states,
        cell.hasMemory() ? memory.matrix(rows + size.lanes(), units) : null,
        drops
            ? products.factor(memory, memory.matrix(rows, units))
            : states.rows(size.lanes(), rows));
  }
}
