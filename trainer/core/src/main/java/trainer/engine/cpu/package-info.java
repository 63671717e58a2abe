/**
 * The engine for CPUs. {@link trainer.engine.cpu.CpuEngine} joins it to a network; {@code
 * CpuTrainingStep} is a whole step from top to bottom.
 *
 * <p>Each thread owns a share of every layer's hidden units, for all lanes: it computes their gates
 * and states forward and backward, and holds and updates all parameters that feed them. Threads
 * meet after every time step, because each needs the states of all units for the next one. So a
 * thread's weights are a part of the network's that stays in its caches, and whatever it computes
 * does not depend on timing: the same number of threads gives the same bits.
 *
 * <ul>
 *   <li>Products of matrices lie in native memory ({@code Matrix}, {@code Products}), each computed
 *       by one thread, with the right operand packed once a step.
 *   <li>Everything element-wise lies in arrays on the heap ({@code ElementwiseOps}, the cells),
 *       because that is where the JVM's compiler makes vector instructions of loops.
 *   <li>The first layer's input is one-hot: its product is a look-up of rows of W, its gradient a
 *       sum into those rows, in the order of the text.
 * </ul>
 */
package trainer.engine.cpu;
