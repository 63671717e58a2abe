/**
 * The recurrent cells over one segment, forward and backward, as products and element-wise
 * operations on ND4J arrays. This is the readable reference that the faster engines are tested
 * against.
 *
 * <p>Shapes: T steps of B lanes; a layer has H units and {@code in} inputs. A {@link
 * trainer.cell.Sequence} holds [T·B, H], time-major and row-major, so that one step is a contiguous
 * [B, H] view and all steps are one GEMM. Each gate has its own arrays: Deeplearning4j stores
 * weights column-major, so a gate's columns are a contiguous matrix in the layer's parameters.
 */
package trainer.cell;
