package trainer.engine.cuda;

import trainer.cell.CellLayout;
import trainer.cuda.DeviceMemory;
import trainer.cuda.Matrix;
import trainer.engine.PassSize;

/**
 * What a recurrent layer computes forward.
 *
 * @param gates [steps · lanes, gates · H]: what the input gives, then the gates
 * @param states h: [(steps + 1) · lanes, H], first the one that the segment starts from
 * @param cells c of the LSTMs, like h; else null
 * @param outputs [steps · lanes, H]: h of every step, where dropout applies a copy
 */
record LayerActivations(Matrix gates, Matrix states, Matrix cells, Matrix outputs) {

  static LayerActivations allocate(
      DeviceMemory memory, PassSize size, CellLayout cell, int units, boolean drops) {
    int rows = size.rows();
    Matrix states = memory.matrix(rows + size.lanes(), units);
    return new LayerActivations(
        memory.matrix(rows, cell.sums() * units),
        states,
        cell.hasMemory() ? memory.matrix(rows + size.lanes(), units) : null,
        drops ? memory.matrix(rows, units) : states.rows(size.lanes(), rows));
  }
}
