/**
 * The recurrent cells over one segment, forward and backward, as products and element-wise
 * operations on ND4J arrays. This is the readable reference that every faster engine is tested
 * against.
 *
 * <p>Shapes: T steps of B lanes; a layer has H units and {@code in} inputs. A {@link
 * trainer.cell.Sequence} holds [T·B, H], time-major and row-major, so that one step is a contiguous
 * [B, H] view and a product over all steps is one matrix product. Each gate has arrays of its own:
 * Deeplearning4j stores weights column-major, which makes a gate's columns a contiguous matrix
 * inside the layer's parameters.
 */
package trainer.cell;
