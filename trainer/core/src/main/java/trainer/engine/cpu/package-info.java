/**
 * The engine for CPUs. {@link trainer.engine.cpu.CpuEngine} connects it to a network; {@code
 * CpuTrainingStep} is a whole step from top to bottom.
 *
 * <p>Each thread owns a share of every layer's hidden units, for all lanes: it computes their gates
 * and states forward and backward, and holds and updates all parameters that feed them. Threads
 * synchronize after every time step, because the next one needs the states of all units. So a
 * thread's weights stay in its caches, and results do not depend on timing: the same number of
 * threads gives the same bits.
 *
 * <ul>
 *   <li>GEMM uses native memory ({@code Matrix}, {@code Products}). Each product runs on one
 *       thread, with the right operand packed once a step.
 *   <li>Element-wise operations use arrays on the heap ({@code ElementwiseOps}, the cells), where
 *       C2 vectorizes loops.
 *   <li>The first layer's input is one-hot: its product is a look-up of rows of W, its gradient is
 *       added to those rows, in the order of the text.
 * </ul>
 */
package trainer.engine.cpu;
